"""`sdpaint prompt explain`: how a prompt is read, stage by stage."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from sdpaint import paths
from sdpaint.checkpoints.tokens import PromptTokenizer
from sdpaint.checkpoints.wildcards import read_wildcards
from sdpaint.cli.common import DONE, choose_checkpoint, read_settings
from sdpaint.generation.prompt.chunks import CHUNK_TOKENS, Chunk, chunks
from sdpaint.generation.prompt.explain import Understood, understand
from sdpaint.generation.request import MAX_SEED, MAX_STEPS


def add_parser(commands: Any) -> None:
    """Add the command to those of the main parser."""
    prompt = commands.add_parser("prompt", help="say how a prompt is read")
    explain = prompt.add_subparsers(dest="what", required=True).add_parser(
        "explain",
        help="schedule, weights, tokens and chunks of a prompt",
        description="Print how a prompt is read: what is chosen, what is asked for at which step, how much each word "
        "weighs, and how it falls into the chunks that a text encoder reads.",
    )
    add = explain.add_argument
    add("prompt", help="the prompt")
    add("--steps", type=_steps, default=20, metavar="N", help="steps of denoising (default: 20)")
    add("--seed", type=_seed, default=0, metavar="N", help="what choices and wildcards go by (default: 0)")
    add("--wildcards", type=Path, metavar="DIR", help="folder of wildcard lists (default: the user's)")
    add("--checkpoint", metavar="DIR", help="whose tokenizer counts (default: the bundled one)")
    add("--json", action="store_true", help="as one JSON object")


def _steps(text: str) -> int:
    return _whole(text, 1, MAX_STEPS, "a number of steps")


def _seed(text: str) -> int:
    return _whole(text, 0, MAX_SEED, "a seed")


def _whole(text: str, least: int, most: int, what: str) -> int:
    try:
        value = int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is no whole number") from error
    if not least <= value <= most:
        raise argparse.ArgumentTypeError(f"{text} isn't {what} from {least} to {most}")
    return value


def run(options: argparse.Namespace) -> int:
    """Print it. Returns the exit code; raises SdPaintError."""
    checkpoint = choose_checkpoint(options.checkpoint, read_settings())
    tokenizer = PromptTokenizer.of_checkpoint(checkpoint.path)
    lists = read_wildcards(options.wildcards or paths.user_wildcard_dir())
    understood = understand(options.prompt, options.steps, options.seed, lists)
    # CLIP's own 75 wherever a checkpoint doesn't read less at a time.
    size = min(CHUNK_TOKENS, tokenizer.room)
    found = chunks(understood.weights(), tokenizer.ids, size, tokenizer.comma)
    if options.json:
        print(json.dumps(_as_dict(understood, found, size), ensure_ascii=False))
    else:
        print("\n".join(_lines(understood, found, size, tokenizer)))
    return DONE


def _as_dict(understood: Understood, found: tuple[Chunk, ...], size: int) -> dict[str, Any]:
    return {
        "text": understood.text,
        "schedule": [[stretch.last_step, stretch.text] for stretch in understood.stretches],
        "weights": [[piece.text, piece.weight] for piece in understood.weights() if not piece.is_break],
        "tokens": sum(len(chunk.ids) for chunk in found),
        "chunks": len(found),
        "chunk_tokens": [len(chunk.ids) for chunk in found],
        "chunk_size": size,
        "adapters": [
            {"kind": tag.kind, "name": tag.name, "text_weight": tag.text_weight, "unet_weight": tag.unet_weight}
            for tag in understood.adapters
        ],
        "warnings": list(understood.warnings),
    }


def _lines(
    understood: Understood, found: tuple[Chunk, ...], size: int, tokenizer: PromptTokenizer
) -> list[str]:
    lines = ["schedule"]
    first = 1
    for stretch in understood.stretches:
        steps = f"step {first}" if first == stretch.last_step else f"steps {first}–{stretch.last_step}"
        lines.append(f"  {steps}: {stretch.text}")
        first = stretch.last_step + 1
    lines.append("weights")
    lines += [f"  {piece.weight:.4g}  {piece.text!r}" for piece in understood.weights() if not piece.is_break]
    lines.append(f"tokens  {sum(len(chunk.ids) for chunk in found)}, in chunks of {size}")
    lines += [
        f"  chunk {number}: {len(chunk.ids)}  {' '.join(tokenizer.words(chunk.ids))}"
        for number, chunk in enumerate(found, 1)
    ]
    lines += [
        f"adapter {tag.name}: text {tag.text_weight:g}, UNet {tag.unet_weight:g}" for tag in understood.adapters
    ]
    lines += [f"note: {warning}" for warning in understood.warnings]
    return lines
