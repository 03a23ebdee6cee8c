"""The error tree: every failure that the artist may see is one sentence with a remedy.

Foreign exceptions are translated once, at the edge where they arise, and chained.
"""


class SdPaintError(Exception):
    """A failure that can be shown: `message` says what happened, `hint` what to do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}. {self.hint}" if self.hint else self.message


class FileError(SdPaintError):
    """A file couldn't be read or written."""


class SettingsError(SdPaintError):
    """A setting has a value that it can't have."""


class EditRefused(SdPaintError):
    """The document can't be changed so: a layer is locked, or of a kind that doesn't allow it."""


class CheckpointError(SdPaintError):
    """A checkpoint is missing, incomplete or of an unknown kind."""


class EngineError(SdPaintError):
    """The engine couldn't carry out a request."""


class OutOfMemory(EngineError):
    """The request needs more memory than the device has."""


class DeviceUnavailable(EngineError):
    """The chosen compute device isn't there or refuses to work."""


class NonFiniteLatents(EngineError):
    """The denoising loop produced NaN or infinity."""
