"""Writes resources/single_files/t5 and qwen: vocabularies, so that single files can be used without a network.

    pip download --no-deps --no-binary :all: stable_diffusion_cpp_python==0.4.7
    python packaging/t5_and_qwen_vocabularies.py stable_diffusion_cpp_python-0.4.7.tar.gz

Where they come from: the 32,000 pieces with their scores that Google published with T5 (Raffel et al. 2020,
https://github.com/google-research/text-to-text-transfer-transformer, Apache License 2.0), and the table by which
SentencePiece (https://github.com/google/sentencepiece, Apache License 2.0) makes text uniform before it is cut into
them; the 151,387 merges that Alibaba Cloud published with Qwen (https://github.com/QwenLM/Qwen3, Apache License 2.0).
They lie in the source distribution above as arrays of bytes in C++ headers, T5's as Hugging Face's tokenizer.json;
nothing else of it is taken. The 100 sentinels behind T5's pieces belong to its vocabulary.

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

_FOLDER = "vendor/stable-diffusion.cpp/src/tokenizers/vocab"
_T5 = ("clip_t5.hpp", "t5_tokenizer_json_str", "fe2ebbbbde2985be723e0ce18217853e4020c5e9d35bd07be2c27ab9d3ead57a")
_QWEN = ("qwen.hpp", "qwen2_merges_utf8_c_str", "599bab54075088774b1733fde865d5bd747cbcc7a547c5bc12610e874e26f5e3")
"""Header, name of the array, and the hash of what is in it."""
_TARGET = Path(__file__).parents[1] / "resources" / "single_files"

_T5_NOTICE = """\
vocabulary.json.gz holds the vocabulary of T5, Copyright 2019 The T5 Authors
(https://github.com/google-research/text-to-text-transfer-transformer), and the normalisation table of SentencePiece,
Copyright 2016 Google Inc. (https://github.com/google/sentencepiece). Both are under the Apache License 2.0, which
stands in LICENSE. packaging/t5_and_qwen_vocabularies.py of sdpaint brought them into this form; the numbers are
unchanged.
"""
_QWEN_NOTICE = """\
merges.txt.gz holds the merges of Qwen's tokenizer, Copyright 2024 Alibaba Cloud (https://github.com/QwenLM/Qwen3),
under the Apache License 2.0, which stands in LICENSE. packaging/t5_and_qwen_vocabularies.py of sdpaint packed them.
"""


def main(archive: Path) -> None:
    """Take both out of the archive, and write them down with their licence."""
    with tarfile.open(archive) as files:
        tokenizer = json.loads(_read(files, archive, *_T5))
        merges = _read(files, archive, *_QWEN)
    table = next(each for each in tokenizer["normalizer"]["normalizers"] if each["type"] == "Precompiled")
    kept = {"pieces": tokenizer["model"]["vocab"], "normalisation": table["precompiled_charsmap"]}
    packed = json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    _write("t5", "vocabulary.json.gz", packed, _T5_NOTICE)
    _write("qwen", "merges.txt.gz", merges, _QWEN_NOTICE)


def _read(files: tarfile.TarFile, archive: Path, header: str, name: str, sha256: str) -> bytes:
    member = files.extractfile(f"{archive.name.removesuffix('.tar.gz')}/{_FOLDER}/{header}")
    array = re.search(name.encode() + rb"\[\] = \{([^}]*)\}", member.read() if member is not None else b"")
    text = bytes(int(number, 16) for number in array[1].replace(b",", b" ").split()) if array else b""
    if hashlib.sha256(text).hexdigest() != sha256:
        raise SystemExit(f"{header} in {archive.name} isn't the vocabulary that it should be")
    return text


def _write(folder: str, name: str, content: bytes, notice: str) -> None:
    target = _TARGET / folder
    target.mkdir(parents=True, exist_ok=True)
    (target / name).write_bytes(gzip.compress(content, mtime=0))
    licence = importlib.metadata.distribution("transformers").read_text("licenses/LICENSE")
    if licence is None:
        raise SystemExit("the installed transformers has no licence")
    # Its first line says whose transformers is.
    (target / "LICENSE").write_text(licence.split("\n", 2)[2], encoding="utf-8", newline="\n")
    (target / "NOTICE").write_text(notice, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
