"""The starter checkpoint, made from nothing but code: a drawn world, and the networks that learn it."""
