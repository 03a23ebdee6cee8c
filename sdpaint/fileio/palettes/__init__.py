"""Palettes in files: GIMP's .gpl, Photoshop's .aco, Adobe's .ase, and the artist's own collection."""
