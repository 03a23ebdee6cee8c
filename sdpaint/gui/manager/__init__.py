"""The checkpoint manager: what the artist owns, and what there is to be had. Imported when it is first opened."""
