"""Pixels without a document: geometry, tiles, masks, brush dynamics, rasterisation."""
