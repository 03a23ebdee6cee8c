"""The picture: an immutable Document over copy-on-write tiles, pure edits, rendering, history."""
