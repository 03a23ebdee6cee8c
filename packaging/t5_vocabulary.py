"""Writes resources/single_files/t5: T5's vocabulary, so that single files can be used without a network.

    pip download --no-deps --no-binary :all: stable_diffusion_cpp_python==0.4.7
    python packaging/t5_vocabulary.py stable_diffusion_cpp_python-0.4.7.tar.gz

Where it comes from: the 32,000 pieces with their scores that Google published with T5 (Raffel et al. 2020,
https://github.com/google-research/text-to-text-transfer-transformer, Apache License 2.0), and the table by which
SentencePiece (https://github.com/google/sentencepiece, Apache License 2.0) makes text uniform before it is cut into
them. They lie, as Hugging Face's tokenizer.json, in the source distribution above, as an array of bytes in a C++
header; nothing else of it is taken. The 100 sentinels behind the pieces belong to the vocabulary.

The text of the licence is that of the transformers that is installed, which is under the same one.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.metadata
import json
import re
import sys
import tarfile
from pathlib import Path

_MEMBER = "vendor/stable-diffusion.cpp/src/tokenizers/vocab/clip_t5.hpp"
_ARRAY = re.compile(rb"t5_tokenizer_json_str\[\] = \{([^}]*)\}")
_SHA256 = "fe2ebbbbde2985be723e0ce18217853e4020c5e9d35bd07be2c27ab9d3ead57a"
_TARGET = Path(__file__).parents[1] / "resources" / "single_files" / "t5"

_NOTICE = """\
vocabulary.json.gz holds the vocabulary of T5, Copyright 2019 The T5 Authors
(https://github.com/google-research/text-to-text-transfer-transformer), and the normalisation table of SentencePiece,
Copyright 2016 Google Inc. (https://github.com/google/sentencepiece). Both are under the Apache License 2.0, which
stands in LICENSE. packaging/t5_vocabulary.py of sdpaint brought them into this form; the numbers are unchanged.
"""


def main(archive: Path) -> None:
    """Take the pieces, their scores and the table out of the archive, and the licence to them."""
    with tarfile.open(archive) as files:
        member = files.extractfile(f"{archive.name.removesuffix('.tar.gz')}/{_MEMBER}")
        array = _ARRAY.search(member.read() if member is not None else b"")
    text = bytes(int(number, 16) for number in array[1].replace(b",", b" ").split()) if array else b""
    if hashlib.sha256(text).hexdigest() != _SHA256:
        raise SystemExit(f"{_MEMBER} in {archive.name} isn't the vocabulary of T5")
    tokenizer = json.loads(text)
    table = next(each for each in tokenizer["normalizer"]["normalizers"] if each["type"] == "Precompiled")
    kept = {"pieces": tokenizer["model"]["vocab"], "normalisation": table["precompiled_charsmap"]}
    packed = json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    _TARGET.mkdir(parents=True, exist_ok=True)
    (_TARGET / "vocabulary.json.gz").write_bytes(gzip.compress(packed, mtime=0))
    licence = importlib.metadata.distribution("transformers").read_text("licenses/LICENSE")
    if licence is None:
        raise SystemExit("the installed transformers has no licence")
    # Its first line says whose transformers is.
    (_TARGET / "LICENSE").write_text(licence.split("\n", 2)[2], encoding="utf-8", newline="\n")
    (_TARGET / "NOTICE").write_text(_NOTICE, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
