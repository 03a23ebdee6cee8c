"""The panels around the canvas; each gets the controllers that it shows by constructor."""
