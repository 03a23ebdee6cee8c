"""Writes resources/single_files/clip: CLIP's vocabulary, so that single files can be used without a network.

    pip download --no-deps open_clip_torch==3.3.0
    python packaging/clip_vocabulary.py open_clip_torch-3.3.0-py3-none-any.whl

Where it comes from: `bpe_simple_vocab_16e6.txt.gz` of OpenAI's CLIP (https://github.com/openai/CLIP, MIT licence,
Copyright (c) 2021 OpenAI), as it lies in the wheel of OpenCLIP (https://github.com/mlfoundations/open_clip, MIT
licence). Only its first 48,894 merges are CLIP's vocabulary; the rest was never used. The licence is written beside it.
"""

from __future__ import annotations

import gzip
import hashlib
import sys
import zipfile
from pathlib import Path

_MEMBER = "open_clip/bpe_simple_vocab_16e6.txt.gz"
_SHA256 = "924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a"
_MERGES = 49152 - 256 - 2
_TARGET = Path(__file__).parents[1] / "resources" / "single_files" / "clip"


def main(wheel: Path) -> None:
    """Take the merges out of OpenCLIP's wheel, and the licence with them."""
    with zipfile.ZipFile(wheel) as archive:
        packed = archive.read(_MEMBER)
        licence = next(archive.read(name) for name in archive.namelist() if name.endswith("/LICENSE"))
    if hashlib.sha256(packed).hexdigest() != _SHA256:
        raise SystemExit(f"{_MEMBER} in {wheel.name} isn't the vocabulary of CLIP")
    lines = gzip.decompress(packed).decode("utf-8").split("\n")[1 : _MERGES + 1]
    _TARGET.mkdir(parents=True, exist_ok=True)
    (_TARGET / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    (_TARGET / "LICENSE").write_bytes(licence)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
