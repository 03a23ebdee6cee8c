"""Brush presets: what ships with the program and what artists add, as data with load and save."""
