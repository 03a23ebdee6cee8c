"""The tokenizer: byte-pair encoding in CLIP's format, learnt from captions. Every byte is in it: no word is unknown."""

from __future__ import annotations

import json
from pathlib import Path

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import CLIPTokenizer

from starter_checkpoint.config import TextSize
from starter_checkpoint.run import Run
from starter_checkpoint.world.caption import describe
from starter_checkpoint.world.dice import Dice
from starter_checkpoint.world.plan import make_plan

START, END = "<|startoftext|>", "<|endoftext|>"
_WORDS = r"'s|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


def train(run: Run) -> None:
    """Learn the vocabulary from captions and save it in the run's folder; one that is there is kept."""
    size = run.recipe.text
    if (run.folder / "tokenizer" / "tokenizer_config.json").is_file():
        return
    captions = [describe(make_plan(seed), Dice(seed ^ 0x7E47)) for seed in range(size.captions)]
    vocabulary, merges = learn(captions, size)
    folder = run.folder / "tokenizer"
    scratch = run.folder / "tokenizer.scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    (scratch / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), encoding="utf-8")
    (scratch / "merges.txt").write_text("\n".join(["#version: 0.2", *merges]) + "\n", encoding="utf-8")
    CLIPTokenizer.from_pretrained(scratch, model_max_length=size.positions).save_pretrained(folder)
    loaded = load(run.folder)
    lengths = sorted(len(loaded(caption).input_ids) for caption in captions[:2000])
    print(
        f"tokenizer: {len(loaded)} entries; captions have {lengths[len(lengths) // 2]} tokens, "
        f"99 in 100 at most {lengths[int(len(lengths) * 0.99)]} of {size.positions}",
        flush=True,
    )


def learn(captions: list[str], size: TextSize) -> tuple[dict[str, int], list[str]]:
    """Vocabulary and merges from captions."""
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix="</w>", unk_token=END))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), "removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    letters = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=size.vocabulary,
        special_tokens=[],
        end_of_word_suffix="</w>",
        initial_alphabet=letters,
        show_progress=False,
    )
    tokenizer.train_from_iterator(captions, trainer)
    learnt = json.loads(tokenizer.to_str())["model"]
    vocabulary: dict[str, int] = dict(learnt["vocab"])
    for letter in sorted(letters):
        vocabulary.setdefault(letter + "</w>", len(vocabulary))
    for token in (START, END):
        vocabulary[token] = len(vocabulary)
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in learnt["merges"]]
    return vocabulary, merges


def load(folder: Path) -> CLIPTokenizer:
    """The tokenizer of a run. Raises FileNotFoundError where there is none yet."""
    if not (folder / "tokenizer" / "tokenizer_config.json").is_file():
        raise FileNotFoundError(f"{folder} holds no tokenizer yet: run make.py tokenizer first")
    return CLIPTokenizer.from_pretrained(folder / "tokenizer")
