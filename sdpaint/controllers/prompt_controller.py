"""PromptController: what becomes of the prompt, words that may complete it, what was written before, styles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from sdpaint import paths
from sdpaint.checkpoints.tokens import PromptTokenizer
from sdpaint.checkpoints.wildcards import read_wildcards
from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.controllers.saved_prompts_controller import SavedPromptsController
from sdpaint.controllers.spelling_controller import SpellingController
from sdpaint.errors import SdPaintError
from sdpaint.fileio.prompt_store import PromptStore, Written
from sdpaint.fileio.saved_prompts import SavedPrompts
from sdpaint.generation.families import FAMILIES
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.prompt.choices import choose
from sdpaint.generation.prompt.chunks import CHUNK_TOKENS, chunks
from sdpaint.generation.prompt.editing import Sought, behind_adapter
from sdpaint.generation.prompt.embeddings import Embedding, with_embeddings
from sdpaint.generation.prompt.emphasis import weighted
from sdpaint.generation.prompt.explain import Honours, understand_chosen
from sdpaint.generation.prompt.styles import Style
from sdpaint.worker.background import Background

_WAIT_MS = 120
"""After the last letter, before the prompt is looked at."""
_MOST_BORDERS = 12

Files = tuple[dict[Sought, dict[str, str]], tuple[Written, ...], tuple[Style, ...]]
"""Words that may complete others and what comes behind each, prompts used before, styles."""


@dataclass(frozen=True)
class PromptReading:
    """How a prompt is read: tokens in its longest chunk's terms, where chunks begin, and what won't be carried out.

    `tokens` None: the checkpoint has no tokenizer that is known here.
    """

    tokens: int | None
    room: int = CHUNK_TOKENS
    chunks: int = 1
    borders: tuple[int, ...] = ()
    warnings: tuple[str, ...] = ()
    pickled: tuple[Path, ...] = ()
    """Files that the prompts name, which have to be converted first."""


class PromptController(QObject):
    """Lives on the GUI thread; files and tokenizers are read on another."""

    read = Signal(object)
    """PromptReading of the prompt as it is."""
    region_read = Signal(object)
    """PromptReading of what a region reads: its words with those of the whole, and what is said of them alone."""
    history_changed = Signal()
    styles_changed = Signal()
    failed = Signal(object)
    """SdPaintError."""

    def __init__(
        self, generation: GenerationController, store: PromptStore | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._generation = generation
        self._store = store or PromptStore(paths.data_dir() / "prompts")
        self._background = Background(1, self)
        self._tokenizers: dict[Path, PromptTokenizer | None] = {}
        self._words: dict[Sought, dict[str, str]] = {}
        self._history: tuple[Written, ...] = ()
        self._styles: tuple[Style, ...] = ()
        self._last: tuple[object, ...] | None = None
        self._region: str | None = None
        self._soon = QTimer(self, singleShot=True, interval=_WAIT_MS)
        self._soon.timeout.connect(self._look)
        self.spelling = SpellingController(generation, self)
        """Of both prompts."""
        self.spelling.failed.connect(self.failed)
        self.saved = SavedPromptsController(SavedPrompts(paths.data_dir() / "prompts"), self)
        """The artist's library."""
        self.saved.failed.connect(self.failed)
        generation.params_changed.connect(self._changed)
        generation.seed_used.connect(lambda _seed: self._remember())

    def start(self) -> None:
        """Read what lies on the disk. Called when the window is on screen."""
        self._background.run(self._load, self._take_files, self.failed.emit)
        self._changed(self._generation.params)

    @property
    def is_busy(self) -> bool:
        """Whether something is being read or written."""
        return self._background.is_busy or self._soon.isActive()

    @property
    def history(self) -> tuple[Written, ...]:
        """What pictures were made from, the newest first."""
        return self._history

    @property
    def styles(self) -> tuple[Style, ...]:
        """The artist's styles."""
        return self._styles

    def offer(self, sought: Sought) -> Mapping[str, str]:
        """Words that may complete what is being written, and what comes behind each: a LoRA's weight and words."""
        return self._words.get(sought, {})

    def use(self, written: Written) -> None:
        """Take a prompt as it is."""
        self._generation.set_params(prompt=written.prompt, negative_prompt=written.negative_prompt)

    def apply(self, style: Style) -> None:
        """Put a style around the prompt."""
        params = self._generation.params
        prompt, negative = style.applied(params.prompt, params.negative_prompt)
        self._generation.set_params(prompt=prompt, negative_prompt=negative)

    def keep_style(self, style: Style) -> None:
        """Add a style, or put it in the place of one of its name."""
        kept = {each.name: each for each in (*self._styles, style)}
        self._write_styles(tuple(kept.values()))

    def delete_style(self, name: str) -> None:
        """Take a style away."""
        self._write_styles(tuple(style for style in self._styles if style.name != name))

    def import_styles(self, path: Path) -> None:
        """Add those of a styles.csv."""
        self._background.run(lambda: self._store.import_styles(path), self._take_styles, self.failed.emit)

    def look_at_region(self, prompt: str | None) -> None:
        """Say of a region's words, too, how they are read, from now on; None: of none."""
        if prompt != self._region:
            self._region = prompt
            self._changed(self._generation.params)

    def convert(self, pickled: Sequence[Path]) -> None:
        """Write the numbers of pickled files as .safetensors beside them, and nothing else that they hold."""

        def work() -> Files:
            from sdpaint.engine.convert import convert  # brings in torch

            for path in pickled:
                convert(path)
            return self._load()

        def take(found: Files) -> None:
            self._take_files(found)
            self._soon.start()

        self._background.run(work, take, self.failed.emit)

    def forget_history(self) -> None:
        """Empty the history."""
        self._background.run(self._store.forget, lambda _nothing: self._take_history(()), self.failed.emit)

    def shutdown(self) -> None:
        """Wait for what is under way."""
        self._soon.stop()
        self.spelling.shutdown()
        self.saved.shutdown()
        self._background.close()

    # -- files

    def _load(self) -> Files:
        words = (*_lines(paths.data_dir() / "words"), *_lines(paths.resource_dir() / "words"))
        lists = tuple(sorted(read_wildcards(paths.user_wildcard_dir())))
        adapters = self._generation.prompt_resources.adapters()
        embeddings = sorted(adapters.embeddings, key=str.casefold)
        found = {
            Sought.WORD: dict.fromkeys((*embeddings, *words), ""),
            Sought.WILDCARD: dict.fromkeys(lists, ""),
            Sought.ADAPTER: {
                name: behind_adapter(adapters.loras[name].said.weight, adapters.loras[name].trigger)
                for name in sorted(adapters.loras, key=str.casefold)
            },
        }
        return found, self._store.history(), self._store.styles()

    def _take_files(self, found: Files) -> None:
        self._words, history, styles = found
        self.spelling.know([*self._words[Sought.WORD], *self._words[Sought.ADAPTER]])
        self._take_history(history)
        self._take_styles(styles)

    def _take_history(self, history: tuple[Written, ...]) -> None:
        self._history = history
        self.history_changed.emit()

    def _take_styles(self, styles: tuple[Style, ...]) -> None:
        self._styles = styles
        self.styles_changed.emit()

    def _write_styles(self, styles: tuple[Style, ...]) -> None:
        self._background.run(partial(self._store.keep_styles, styles), self._take_styles, self.failed.emit)

    def _remember(self) -> None:
        params = self._generation.params
        if params.prompt.strip():
            written = Written(params.prompt, params.negative_prompt)
            self._background.run(partial(self._store.remember, written), self._take_history, self.failed.emit)

    # -- reading the prompt

    def _changed(self, params: GenerationParams) -> None:
        now = (params.prompt, params.negative_prompt, params.checkpoint, params.sampling.steps, self._region)
        if now != self._last:
            self._last = now
            self._soon.start()

    def _look(self) -> None:
        params = self._generation.params
        info = next((each for each in self._generation.checkpoints if each.path == params.checkpoint), None)
        honours = Honours.ALL if info is None else FAMILIES[info.family].honours

        asked = self._last
        prompts = [params.prompt]
        if self._region is not None:
            prompts += Style("", params.prompt, "").applied(self._region, "")[:1]

        def work() -> list[PromptReading]:
            return [self._read(replace(params, prompt=prompt), honours) for prompt in prompts]

        def show(readings: list[PromptReading]) -> None:
            if self._last != asked:
                return
            whole, *regions = readings
            self.read.emit(whole)
            for region in regions:
                own = tuple(warning for warning in region.warnings if warning not in whole.warnings)
                self.region_read.emit(replace(region, warnings=own))

        self._background.run(work, show, self.failed.emit)

    def _read(self, params: GenerationParams, honours: Honours) -> PromptReading:
        prompt = params.prompt
        lists = read_wildcards(paths.user_wildcard_dir()) if "__" in prompt else {}
        try:
            chosen = choose(prompt, 0, lists)
            understood = understand_chosen(chosen.text, params.sampling.steps, honours, chosen.warnings)
        except SdPaintError as error:
            return PromptReading(None, warnings=(f"{error.message}. {error.hint}",))
        named = self._generation.prompt_resources.named((chosen.text, params.negative_prompt), params.checkpoint)
        warnings = (*understood.warnings, *named.notes)
        tokenizer = self._tokenizer(params.checkpoint)
        if tokenizer is None:
            return PromptReading(None, warnings=warnings, pickled=named.pickled)
        room = min(CHUNK_TOKENS, tokenizer.room)
        pieces = with_embeddings(understood.weights(), named.embeddings)
        found = chunks(pieces, tokenizer.ids, room, tokenizer.comma)
        borders: tuple[int, ...] = ()
        # Where the text isn't what is read, places in it mean nothing.
        if len(found) > 1 and understood.text == prompt and len(understood.stretches) == 1:
            borders = _borders(prompt, named.embeddings, tokenizer, room, min(len(found), _MOST_BORDERS))
        if len(found) > 1 and Honours.CHUNKS not in honours:
            warnings = (*warnings, f"This checkpoint reads {room} tokens: what is longer is cut off")
        tokens = sum(len(chunk.ids) for chunk in found)
        return PromptReading(tokens, room, len(found), borders, warnings, named.pickled)

    def _tokenizer(self, checkpoint: Path) -> PromptTokenizer | None:
        if checkpoint not in self._tokenizers:
            try:
                self._tokenizers[checkpoint] = PromptTokenizer.of_checkpoint(checkpoint)
            except SdPaintError:
                # Families with other encoders have other files; a count that isn't known isn't shown.
                self._tokenizers[checkpoint] = None
        return self._tokenizers[checkpoint]


def _borders(
    prompt: str, known: Mapping[str, Embedding], tokenizer: PromptTokenizer, room: int, count: int
) -> tuple[int, ...]:
    """The places in the text at which chunks 2, 3 … begin: the longest start of it that fits into one chunk fewer."""

    def chunks_in(length: int) -> int:
        pieces = with_embeddings(weighted(prompt[:length]), known)
        return len(chunks(pieces, tokenizer.ids, room, tokenizer.comma))

    places = []
    for number in range(1, count):
        low, high = 0, len(prompt)
        while low < high:
            middle = (low + high + 1) // 2
            if chunks_in(middle) <= number:
                low = middle
            else:
                high = middle - 1
        places.append(low)
    return tuple(places)


def _lines(folder: Path) -> list[str]:
    """The words of all lists in a folder."""
    return [word for name, words in sorted(read_wildcards(folder).items()) for word in words if name]
