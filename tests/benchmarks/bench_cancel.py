"""How many steps and how many milliseconds pass between cancel() and the end.

    python -m tests.benchmarks.bench_cancel
"""

from __future__ import annotations

import statistics
import threading
import time

from sdpaint.engine.diffusion import DiffusionEngine
from sdpaint.generation.engine import CancelToken
from sdpaint.generation.events import Cancelled, Event, Progress
from sdpaint.generation.request import GenerationMode, GenerationRequest, SamplerName, SamplingParams
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.paths import starter_checkpoint


def measure(engine: DiffusionEngine, sampler: SamplerName, delay_s: float) -> tuple[float, float]:
    """Cancel from another thread after a delay: (steps reported after it, seconds until Cancelled)."""
    request = GenerationRequest(
        mode=GenerationMode.TEXT_TO_IMAGE, prompt="day over sea with a sailboat", negative_prompt="",
        checkpoint=starter_checkpoint(), sampling=SamplingParams(sampler, 200, 4.0), seed=0, size=Size(256, 256),
        region=Rect(0, 0, 256, 256),
    )
    cancel = CancelToken()
    cancelled_at = [0.0]
    events: list[tuple[float, Event]] = []

    def press() -> None:
        cancelled_at[0] = time.perf_counter()
        cancel.cancel()

    timer = threading.Timer(delay_s, press)
    timer.start()
    engine.generate(request, lambda event: events.append((time.perf_counter(), event)), cancel)
    timer.join()
    ended, last = events[-1]
    assert isinstance(last, Cancelled), last
    steps = sum(isinstance(event, Progress) and event.step > 0 and at > cancelled_at[0] for at, event in events)
    return steps, ended - cancelled_at[0]


def main() -> None:
    """Print the latency for a sampler with one network call a step and for one with two."""
    engine = DiffusionEngine()
    engine.warm_up(starter_checkpoint())
    print(f"cancel latency on {engine.describe_device()}")
    for sampler in (SamplerName.DDIM, SamplerName.HEUN):
        results = [measure(engine, sampler, 0.7 + 0.037 * i) for i in range(8)]
        steps = max(steps for steps, _ in results)
        latency = [1000 * seconds for _, seconds in results]
        print(f"  {sampler.value:6} steps after cancel: at most {steps:.0f}   "
              f"median {statistics.median(latency):.0f} ms, worst {max(latency):.0f} ms")


if __name__ == "__main__":
    main()
