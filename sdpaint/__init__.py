"""sdpaint: a native painting application in which Stable Diffusion is a painter's tool."""

__version__ = "0.1.0"
