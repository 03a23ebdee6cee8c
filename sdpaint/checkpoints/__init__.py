"""Checkpoints on disk: what is installed, of which family it is, whether it is whole. No torch."""
