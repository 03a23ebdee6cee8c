"""Import torch, transformers and diffusers on a worker thread without stalling the GUI thread.

Three things hold the interpreter lock for long (measured with a thread that ticks every millisecond):

* the dynamic linker, while it loads torch's libraries and runs their initialisers: 170 ms. Loaded first by
  a foreign call, which lets go of the lock, they are there when the import wants them;
* the cyclic garbage collector, which looks at everything that is alive again and again while half a million objects
  are made: up to 180 ms each. It is paused meanwhile, and what the libraries made is then put out of its sight for
  good, so that collections stay short while the artist paints;
* the imports themselves, module by module: short, when threads may take turns often.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import importlib.util
import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sdpaint.errors import EngineError
from sdpaint.generation.engine import Engine

_log = logging.getLogger(__name__)

_SWITCH_INTERVAL_S = 0.0005
"""How long one thread keeps the interpreter while another waits; Python's default is ten times that."""

_NATIVE = ("libc10", "libtorch_cpu", "libc10_cuda", "libtorch_cuda", "libtorch")
"""Torch's libraries in order of their dependencies, without those that need the interpreter."""

_PIECES = (
    "numpy",
    "PIL.Image",
    "torch",
    "safetensors.torch",
    "tokenizers",
    "transformers",
    "transformers.models.clip.modeling_clip",
    "transformers.models.clip.tokenization_clip",
    "diffusers",
    "diffusers.models.unets.unet_2d_condition",
    "diffusers.models.autoencoders.autoencoder_kl",
    "diffusers.models.autoencoders.autoencoder_tiny",
    "diffusers.schedulers",
    "sdpaint.engine.diffusion",
)
"""What is imported, in an order in which each finds what it needs."""


def create_engine(device: str | None = None, dtype: str | None = None) -> Engine:
    """Import what the engine needs, and make one. For the worker thread; arguments as of DiffusionEngine.

    Raises EngineError where torch, diffusers or transformers can't be imported.
    """
    try:
        preload()
    except (ImportError, OSError) as error:
        raise EngineError(
            f"The engine can't start: {error}", hint="Install sdpaint again; the log file has the details"
        ) from error
    from sdpaint.engine.diffusion import DiffusionEngine

    return DiffusionEngine(device, dtype)


def preload() -> None:
    """Import all that the engine needs. Takes seconds; called on the thread that will use it."""
    started = time.perf_counter()
    with _turns_taken_often(), _collector_paused():
        _load_native_libraries()
        for name in _PIECES:
            importlib.import_module(name)
            time.sleep(0)
    _log.info("engine imported in %.1f s", time.perf_counter() - started)


def _load_native_libraries() -> None:
    if "torch" in sys.modules or sys.platform == "win32":  # there torch loads them through ctypes itself
        return
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return
    # Called as a foreign function, which lets go of the interpreter lock; CDLL(path) itself keeps it.
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.restype = ctypes.c_void_p
    dlopen.argtypes = (ctypes.c_char_p, ctypes.c_int)
    suffix = ".dylib" if sys.platform == "darwin" else ".so"
    for name in _NATIVE:
        library = Path(spec.origin).parent / "lib" / f"{name}{suffix}"
        if not library.is_file():
            continue
        if not dlopen(bytes(library), os.RTLD_NOW | os.RTLD_LOCAL):
            # The import will load it in its own way, and say what is wrong where that fails too.
            _log.info("%s can't be loaded ahead", library.name)
            return
    # This one needs the interpreter and its lock; read ahead, at least it needn't wait for the disk meanwhile.
    _read_ahead(Path(spec.origin).parent / "lib" / f"libtorch_python{suffix}")


def _read_ahead(path: Path) -> None:
    if path.is_file():
        with path.open("rb") as file:
            while file.read(1 << 20):
                time.sleep(0)


@contextmanager
def _collector_paused() -> Iterator[None]:
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        # Costs no pass over the objects, as a collection would. What the window holds by now is frozen with it:
        # that lives as long as the program anyway.
        gc.freeze()
        if was_enabled:
            gc.enable()


@contextmanager
def _turns_taken_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
