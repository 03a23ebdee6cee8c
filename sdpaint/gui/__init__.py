"""The window: everything that the artist sees. The only floor with QtWidgets."""
