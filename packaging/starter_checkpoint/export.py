"""From a run's folder to checkpoints: diffusers' layout in float16, the facts that sdpaint reads, model cards."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from diffusers import (
    AutoencoderTiny,
    ControlNetModel,
    DDIMScheduler,
    LCMScheduler,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from transformers import CLIPTextModel

from starter_checkpoint import tokenizer
from starter_checkpoint.config import HELD_OUT
from starter_checkpoint.evaluate import CHANGED_PROMPTS, SAMPLE_PROMPTS, VARIED_PROMPT
from starter_checkpoint.inpaint import CASES
from starter_checkpoint.live import SOLVER_STEPS
from starter_checkpoint.networks import scheduler
from starter_checkpoint.run import Run

MEGABYTE = 1_000_000
LIMITS_MB = {"starter": 40, "starter-live": 30, "starter-controlnet-lineart": 15}

TRAINED = ("autoencoder", "unet", "unet-cpu", "live", "controlnet")

_SIZES = {"native_px": 256, "min_side_px": 128, "max_side_px": 512, "max_area_px": 384 * 384}
_SIZES_ON_CPU = {**_SIZES, "max_side_px": 384, "max_area_px": 384 * 256}
"""Trained on a CPU it has seen nothing larger than its native square."""


def export(run: Run) -> list[Path]:
    """Write every checkpoint whose parts are there into `export/`. Returns their folders."""
    target = run.folder / "export"
    written = [_export_pipeline(run, target / "starter", "unet", scheduler())]
    facts = {
        "name": "Starter",
        **(_SIZES_ON_CPU if _is_from_cpu(run) else _SIZES),
        "sampler": "DDIM",
        "steps": 20,
        "guidance_scale": 4.0,
        # With more freedom it paints another picture beside the old one: see tests/benchmarks/bench_outpaint.py.
        "expand_strength": 0.7,
    }
    _write_facts(run, target / "starter", facts)
    if (run.folder / "unet_live" / "config.json").is_file():
        config = {**scheduler().config, "original_inference_steps": SOLVER_STEPS}
        lcm = LCMScheduler.from_config(
            {key: value for key, value in config.items() if not key.startswith("_")}
        )
        written.append(_export_pipeline(run, target / "starter-live", "unet_live", lcm))
        facts = {"name": "Starter (live)", **_SIZES, "sampler": "LCM", "steps": 4, "guidance_scale": 1.0}
        _write_facts(run, target / "starter-live", facts)
    if (run.folder / "controlnet" / "config.json").is_file():
        folder = _fresh(target / "starter-controlnet-lineart")
        network = ControlNetModel.from_pretrained(run.folder / "controlnet").half()
        network.save_pretrained(folder)
        _clean_config(folder / "config.json")
        written.append(folder)
    for folder in written:
        _check_size(folder)
        write_card(run, folder)
    return written


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _export_pipeline(run: Run, folder: Path, unet: str, schedule: DDIMScheduler | LCMScheduler) -> Path:
    if not (run.folder / unet / "config.json").is_file():
        raise FileNotFoundError(f"{run.folder} holds no {unet} yet: run make.py unet first")
    pipeline = StableDiffusionPipeline(
        vae=AutoencoderTiny.from_pretrained(run.folder / "vae").half(),
        text_encoder=CLIPTextModel.from_pretrained(run.folder / "text_encoder").half(),
        tokenizer=tokenizer.load(run.folder),
        unet=UNet2DConditionModel.from_pretrained(run.folder / unet).half(),
        scheduler=schedule,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(_fresh(folder), safe_serialization=True)
    for part in ("vae", "unet", "text_encoder"):
        _clean_config(folder / part / "config.json")
    return folder


def _clean_config(path: Path) -> None:
    """Where the weights once lay is nobody's business."""
    config = json.loads(path.read_text(encoding="utf-8"))
    config.pop("_name_or_path", None)
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def _write_facts(run: Run, folder: Path, facts: dict[str, object]) -> None:
    (folder / "sdpaint.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    shutil.copyfile(run.folder / "preview_map.json", folder / "preview_map.json")


def megabytes(folder: Path) -> float:
    """The size of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / MEGABYTE


def _check_size(folder: Path) -> None:
    size, limit = megabytes(folder), LIMITS_MB[folder.name]
    if size > limit:
        raise ValueError(f"{folder.name} has {size:.1f} MB, more than the {limit} MB that it may have")
    print(f"{folder}: {size:.1f} MB", flush=True)


def write_card(run: Run, folder: Path) -> None:
    """The model card, with what was measured so far."""
    measures = _read(run.folder / "evaluation" / "measures.json")
    judge, autoencoder = _read(run.folder / "classifier.json"), _read(run.folder / "autoencoder.json")
    progress = {name: _progress(run, name) for name in TRAINED}
    lines = [_OPENINGS[folder.name].strip(), "", _DATA.strip(), "", "## How it was trained", ""]
    for name, last in progress.items():
        if last:
            seen = f", {last['seen']:,.0f} pictures seen" if "seen" in last else ""
            where = "GPU" if run.is_cuda else "CPU"
            lines.append(
                f"- {name}: {last['step']:,} steps{seen}, {last['seconds'] / 60:.0f} minutes on a {where}"
            )
    if _is_from_cpu(run):
        lines += ["", _ON_CPU.strip()]
    history = run.folder / "history.md"
    if history.is_file():
        lines += ["", history.read_text(encoding="utf-8").strip()]
    lines += ["", "## Measures", ""]
    if autoencoder:
        lines.append(f"- Autoencoder: {autoencoder['psnr']:.1f} dB PSNR on held-out pictures")
        lines.append(f"- The preview map explains {100 * autoencoder['r2']:.0f} % of the variance")
    for key, which in (("all", "held-out renders"), ("plain", "those in flat style and clear weather")):
        found = judge.get(key)
        if isinstance(found, dict):
            lines.append(f"- Judge on {which}: {_shares(found)}")
    for key, value in measures.items():
        lines.append(f"- {key}: {_shares(value) if isinstance(value, dict) else f'{value:.3g}'}")
    sheets = sorted((run.folder / "evaluation").glob("*.jpg"))
    if sheets and folder.name == "starter":
        lines += ["", "## Samples", ""]
        for sheet in sheets:
            shutil.copyfile(sheet, folder / sheet.name)
            title = sheet.stem.replace("-", " ")
            lines += [f"![{title}]({sheet.name})", "", _SHEETS.get(sheet.stem, f"{title.capitalize()}."), ""]
        lines.pop()
    lines += ["", "## Limits", "", _LIMITS.strip(), ""]
    (folder / "README.md").write_text("\n".join(lines), encoding="utf-8")


def _shares(values: dict[str, float]) -> str:
    return ", ".join(f"{name} {100 * value:.1f} %" for name, value in values.items())


def _read(path: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found


def _is_from_cpu(run: Run) -> bool:
    return bool(_progress(run, "unet-cpu")) and not _progress(run, "unet")


def _progress(run: Run, stage: str) -> dict[str, float]:
    """The last line of a stage's log."""
    path = run.folder / f"{stage}.log.jsonl"
    if not path.is_file():
        return {}
    last: dict[str, float] = json.loads(path.read_text(encoding="utf-8").strip().splitlines()[-1])
    return last


_OPENINGS = {
    "starter": """
# Starter

A small text-to-image diffusion checkpoint for flat-art landscapes, in the layout of `StableDiffusionPipeline`: its own
BPE tokenizer, a CLIP text encoder, a UNet with v-prediction at zero terminal SNR, and a tiny autoencoder with 4 latent
channels at a quarter of the picture's side. 256×256 px; other aspects from 192 to 384 px a side. DDIM, 20 steps,
guidance 4. Pass a dtype when loading.
""",
    "starter-live": """
# Starter (live)

The few-step sibling of Starter, distilled from it by latent consistency: 1 to 4 steps with `LCMScheduler`, guidance
scale 1 (guidance is built in). For live painting.
""",
    "starter-controlnet-lineart": """
# Starter ControlNet: line art

A `ControlNetModel` for Starter and Starter (live). Its picture is line art, white on black; rough lines with gaps are
what it was trained on.
""",
}

_SHEETS = {
    "samples": "Sixteen prompts, none of the pictures picked out: "
    + ", ".join(f"“{prompt}”" for prompt in SAMPLE_PROMPTS)
    + ".",
    "variety": f"Sixteen seeds of one prompt, “{VARIED_PROMPT}”.",
    "aspects-wide": "384×192 px.",
    "aspects-tall": "192×320 px.",
    "img2img": "Renders, and what becomes of them at strengths 0.2, 0.4, 0.6, 0.75 and 0.9: "
    + ", ".join(f"“{prompt}”" for prompt in CHANGED_PROMPTS)
    + ".",
    "inpainting": "Twenty-four renders with the outline of a mask, each above what was painted there: "
    + ", ".join(f"“{prompt}”" for prompt, _, _ in CASES)
    + ".",
}
"""What the sheets of `evaluate` show."""

_DATA = f"""
## Data

No picture, text or weight from anywhere else. All training pictures are drawn by the program in
`packaging/starter_checkpoint/world`, all captions written by it. Seeds from {HELD_OUT} on are held out. Everything
here is dedicated to the public domain (CC0 1.0).
"""

_ON_CPU = """
The denoiser was trained on a CPU only, by the recipe `cpu`, and has seen few pictures: large masses, light and colour
are surer than small things. On a GPU `python packaging/starter_checkpoint/make.py all` makes one from scratch, in under
an hour, that has seen many times as many.
"""

_LIMITS = """
It knows landscapes in flat art and nothing else: no people, no letters, no photographs. Words outside its world are
ignored or misread. English only. Tiny things may come out misshapen; counts above three aren't reliable.
"""
