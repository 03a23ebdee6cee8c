"""Diffusion on torch. Importing this package alone costs nothing: torch comes with its modules."""

from sdpaint.engine.quiet import quieten
from sdpaint.engine.threads import let_waiting_threads_sleep

# Both must come before any module of the package imports torch and diffusers.
quieten()
let_waiting_threads_sleep()
