"""Diffusion on torch. Importing this package alone costs nothing: torch comes with its modules."""
