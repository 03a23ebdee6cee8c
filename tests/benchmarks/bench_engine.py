"""Engine ÷ bare diffusers pipeline, previews on ÷ off, and the longest stall while the engine loads.

    python -m tests.benchmarks.bench_engine [starter|sd15|stall] [--rounds N]

All runs are interleaved and warmed up; figures are medians. `sd15` builds a UNet, an autoencoder and a text encoder of
Stable Diffusion 1.5's size with random weights in a temporary folder (about 2 GB in bfloat16) and does few steps.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sdpaint.engine  # noqa: F401 - sets how OpenMP waits, for both sides alike, before torch is imported
from tests.benchmarks.timing import interleaved, print_ratio

PROMPT = "day over sea with a sailboat, clouds, the sun"


def _bare(checkpoint: Path, dtype: Any, side: int, steps: int) -> Callable[[], None]:
    import torch
    from diffusers import DDIMScheduler, DiffusionPipeline

    pipeline = DiffusionPipeline.from_pretrained(checkpoint, dtype=dtype, safety_checker=None)
    pipeline.scheduler = DDIMScheduler.from_config(pipeline.scheduler.config)
    pipeline.set_progress_bar_config(disable=True)
    if torch.cuda.is_available():
        pipeline.to("cuda")

    def run() -> None:
        generator = torch.Generator().manual_seed(0)
        pipeline(PROMPT, num_inference_steps=steps, guidance_scale=4.0, generator=generator, height=side, width=side)

    return run


def _ours(engine: Any, checkpoint: Path, side: int, steps: int) -> Callable[[], None]:
    from sdpaint.generation.engine import CancelToken
    from sdpaint.generation.events import Event, Failed, Preview
    from sdpaint.generation.request import GenerationMode, GenerationRequest, SamplerName, SamplingParams
    from sdpaint.imaging.geometry import Rect, Size

    request = GenerationRequest(
        mode=GenerationMode.TEXT_TO_IMAGE, prompt=PROMPT, negative_prompt="", checkpoint=checkpoint,
        sampling=SamplingParams(SamplerName.DDIM, steps, 4.0), seed=0, size=Size(side, side),
        region=Rect(0, 0, side, side),
    )

    def run() -> None:
        seen: list[Event] = []
        engine.generate(request, seen.append, CancelToken())
        if isinstance(seen[-1], Failed):
            raise SystemExit(str(seen[-1].error))
        run.previews = sum(isinstance(event, Preview) for event in seen)  # type: ignore[attr-defined]

    return run


def _compare(title: str, checkpoint: Path, side: int, steps: int, rounds: int) -> None:
    import torch

    from sdpaint.engine.device import choose_device
    from sdpaint.engine.diffusion import DiffusionEngine

    best = choose_device()
    where = f"{best.describe()}, {torch.get_num_threads()} threads"
    print(f"\n{title}: {side}x{side}, {steps} DDIM steps, guidance 4 - {where}")
    on = _ours(DiffusionEngine(), checkpoint, side, steps)
    runs = {
        "engine": on,
        "engine, previews off": _ours(DiffusionEngine(previews=False), checkpoint, side, steps),
        "bare, same dtype": _bare(checkpoint, best.dtype, side, steps),
        "bare, diffusers' default (float32)": _bare(checkpoint, torch.float32, side, steps),
    }
    times = interleaved(runs, rounds)
    print_ratio("engine / bare, same dtype", times, "engine", "bare, same dtype", "<= 1.00")
    float32 = "bare, diffusers' default (float32)"
    print_ratio("engine / diffusers' default", times, "engine", float32, "on a CPU <= 0.40")
    shown = on.previews  # type: ignore[attr-defined]
    print_ratio("previews on / off", times, "engine", "engine, previews off", f"<= 1.02; {shown} previews a run")


def bench_starter(rounds: int) -> None:
    """The bundled checkpoint at its native size."""
    from sdpaint.paths import starter_checkpoint

    _compare("starter", starter_checkpoint(), 256, 20, rounds)


def build_sd15(folder: Path) -> Path:
    """A checkpoint of Stable Diffusion 1.5's size with random weights, stored in bfloat16."""
    import torch
    from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    from sdpaint.paths import starter_checkpoint

    starter = starter_checkpoint()
    down, up = "CrossAttnDownBlock2D", "CrossAttnUpBlock2D"
    unet = UNet2DConditionModel(
        sample_size=64, block_out_channels=(320, 640, 1280, 1280), layers_per_block=2, cross_attention_dim=768,
        attention_head_dim=8, down_block_types=(down, down, down, "DownBlock2D"),
        up_block_types=("UpBlock2D", up, up, up),
    )
    unet.to(torch.bfloat16).save_pretrained(folder / "unet")
    del unet
    vae = AutoencoderKL(
        block_out_channels=(128, 256, 512, 512), layers_per_block=2, latent_channels=4, sample_size=512,
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4, scaling_factor=0.18215,
    )
    vae.to(torch.bfloat16).save_pretrained(folder / "vae")
    text = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=632, hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12,
            max_position_embeddings=32, bos_token_id=630, eos_token_id=631, pad_token_id=631,
        )
    )
    text.to(torch.bfloat16).save_pretrained(folder / "text_encoder")
    shutil.copytree(starter / "tokenizer", folder / "tokenizer")
    DDIMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False, steps_offset=1
    ).save_pretrained(folder / "scheduler")
    index = {
        "_class_name": "StableDiffusionPipeline", "requires_safety_checker": False, "safety_checker": [None, None],
        "feature_extractor": [None, None], "image_encoder": [None, None], "scheduler": ["diffusers", "DDIMScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"], "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"], "vae": ["diffusers", "AutoencoderKL"],
    }
    (folder / "model_index.json").write_text(json.dumps(index))
    return folder


def bench_sd15(rounds: int) -> None:
    """A full-size network, where the engine's own work must vanish beside the network's."""
    import torch

    folder = Path(tempfile.mkdtemp(prefix="sdpaint-bench-"))
    try:
        on_gpu = torch.cuda.is_available()
        side, steps = (512, 20) if on_gpu else (256, 3)  # 512 px take minutes a round on two cores
        _compare("SD 1.5 architecture", build_sd15(folder), side, steps, rounds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


_STALL = """
import sys, threading, time
sys.path.insert(0, {root!r})
import sdpaint.paths
def work():
    {imports}
    engine.warm_up(sdpaint.paths.starter_checkpoint())
thread = threading.Thread(target=work)
gaps, last = [], time.perf_counter()
thread.start()
while thread.is_alive():
    time.sleep(0.001)
    now = time.perf_counter()
    gaps.append(now - last)
    last = now
print(max(gaps) * 1000, sum(gap > 0.016 for gap in gaps), sum(gaps))
"""


def bench_stall(rounds: int) -> None:
    """The longest time for which a thread that wakes every millisecond didn't get the interpreter."""
    root = str(Path(__file__).parents[2])
    ways = {
        "plain import": "from sdpaint.engine.diffusion import DiffusionEngine; engine = DiffusionEngine()",
        "create_engine": "from sdpaint.engine.preload import create_engine; engine = create_engine()",
    }
    print("\nlongest stall of another thread while the engine is imported and the starter loaded")
    for name, imports in ways.items():
        code = _STALL.format(root=root, imports=imports)
        results = []
        for _ in range(rounds):
            done = subprocess.run(
                [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ.copy()
            )
            results.append([float(value) for value in done.stdout.split()])
        longest, over, total = (statistics.median(column) for column in zip(*results, strict=True))
        print(f"  {name:16} {longest:6.1f} ms   {over:3.0f} over 16 ms   {total:.2f} s in all")


def main() -> None:
    """Run what is asked for; without a name, what is quick."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", default=["starter", "stall"], help="starter, sd15, stall")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    benches = {"starter": bench_starter, "sd15": bench_sd15, "stall": bench_stall}
    for name in arguments.what:
        benches[name](arguments.rounds)


if __name__ == "__main__":
    main()
