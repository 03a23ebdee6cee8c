"""The canvas: where the picture is seen, painted on and generated into."""
