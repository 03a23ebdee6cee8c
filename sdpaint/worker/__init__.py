"""Threads: the engine's own, and a pool for pixel work and files. QtCore at most."""
