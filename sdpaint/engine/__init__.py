"""Diffusion on torch. Importing this package alone costs nothing: torch comes with its modules."""

from sdpaint.engine.quiet import quieten

quieten()  # before any module of the package imports diffusers, which speaks while it is imported
