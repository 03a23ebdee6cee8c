"""Foreign exceptions → the error tree, once, at the engine's edge."""

from __future__ import annotations

import torch

from sdpaint.errors import DeviceUnavailable, EngineError, OutOfMemory, SdPaintError

_CPU_OUT_OF_MEMORY = ("can't allocate memory", "not enough memory", "failed to allocate", "could not create a memory")
_GPU_OUT_OF_MEMORY = ("out of memory", "cublas_status_alloc_failed", "cudnn_status_alloc_failed")
_DEVICE_LOST = ("cuda error", "cudnn error", "cublas", "no cuda gpus", "hip error", "mps backend", "nvidia driver")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that memory ran out, on whichever device."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError | OutOfMemory):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(s in text for s in (*_CPU_OUT_OF_MEMORY, *_GPU_OUT_OF_MEMORY))


def translate(error: Exception) -> SdPaintError:
    """The error that the artist sees for an exception; chained to it. Errors of sdpaint stay as they are."""
    if isinstance(error, SdPaintError):
        return error
    problem = _describe(error)
    problem.__cause__ = error
    return problem


def _describe(error: Exception) -> EngineError:
    if is_out_of_memory(error):
        return OutOfMemory(
            "There isn't enough memory for a picture of this size",
            hint="Choose a smaller size, or close other programs",
        )
    text = str(error).strip().splitlines()[0] if str(error).strip() else ""
    if isinstance(error, RuntimeError | AssertionError) and any(s in text.lower() for s in _DEVICE_LOST):
        return DeviceUnavailable(
            f"The compute device failed: {text}", hint="Restart sdpaint; if it stays, update the graphics driver"
        )
    return EngineError(
        f"The engine failed with {type(error).__name__}{f': {text}' if text else ''}",
        hint="Try again; the log file has the details",
    )
