"""CheckpointStore: checkpoints in memory, planned, loaded, kept ready and dropped."""

from __future__ import annotations

import gc
import logging
from collections import OrderedDict
from pathlib import Path

import diffusers
import transformers

from sdpaint.checkpoints.identify import CheckpointInfo, read_checkpoint
from sdpaint.checkpoints.marks import word_on
from sdpaint.engine.device import Device
from sdpaint.engine.loader import LoadedCheckpoint, load_checkpoint
from sdpaint.engine.room import facts_for, host_bytes, memory_is_scarce, surplus
from sdpaint.generation.memory_plan import (
    DEFAULT_WISHES,
    MemoryPlan,
    MemoryWishes,
    Placement,
    next_smaller,
    plan_memory,
)

_log = logging.getLogger(__name__)


class CheckpointStore:
    """Loads checkpoints and keeps the last ones, as far as they fit into the budget: going back to one is quick.

    A GPU holds those that fit beside the work; what must leave it is kept in the machine's memory within the budget.
    """

    def __init__(self, device: Device, wishes: MemoryWishes = DEFAULT_WISHES, budget: int | None = None) -> None:
        """`budget` in bytes of the machine's memory; by default the share of it that is wished for."""
        self._device = device
        self._wishes = wishes
        self._budget = int(wishes.kept * host_bytes()) if budget is None else budget
        self._loaded: OrderedDict[Path, LoadedCheckpoint] = OrderedDict()
        self._words: dict[Path, tuple[object, ...]] = {}
        """What the artist said of each that is loaded, when it was."""
        self._smaller: dict[Path, MemoryPlan] = {}
        diffusers.utils.logging.disable_progress_bar()
        transformers.utils.logging.disable_progress_bar()

    @property
    def latest(self) -> LoadedCheckpoint | None:
        """The one that was used last."""
        return next(reversed(self._loaded.values()), None)

    def holds(self, path: Path) -> bool:
        """Whether `get` needn't read its weights."""
        return self._current(path) is not None

    def get(self, path: Path) -> LoadedCheckpoint:
        """The checkpoint in a folder, loaded where it isn't yet. Raises CheckpointError, OutOfMemory."""
        key = path.resolve()
        known = self._current(path)
        if known is not None:
            self._loaded.move_to_end(key)
            # What it got meanwhile, adapters for one, may be at the cost of others.
            self._make_room(known.plan, known)
            if known.is_parked:
                known.unpark()
            return known
        self._drop(key)
        word = word_on(path)
        info = read_checkpoint(path)
        plan = self._smaller.get(key) or self._plan(info)
        self._make_room(plan)
        _log.info("loading %s: %s. %s", info.name, plan.describe(), plan.reason)
        loaded = load_checkpoint(info, self._device, plan)
        self._loaded[key] = loaded
        self._words[key] = word.corrections
        return loaded

    def _current(self, path: Path) -> LoadedCheckpoint | None:
        """What was loaded of it, unless the artist has said since that it is something else."""
        key = path.resolve()
        loaded = self._loaded.get(key)
        return loaded if loaded is not None and self._words[key] == word_on(path).corrections else None

    def _plan(self, info: CheckpointInfo) -> MemoryPlan:
        reclaimable = sum(self._on_device(each) for each in self._loaded.values())
        return plan_memory(facts_for(info, self._device, reclaimable), self._wishes)

    def _on_device(self, loaded: LoadedCheckpoint) -> int:
        is_there = loaded.plan.placement is Placement.RESIDENT and not loaded.is_parked
        return loaded.held_bytes if is_there else 0

    def _make_room(self, plan: MemoryPlan, known: LoadedCheckpoint | None = None) -> None:
        """Before a checkpoint is loaded, or used again, as `plan` says."""
        others = {key: each for key, each in self._loaded.items() if each is not known}
        there = {key: self._on_device(each) for key, each in others.items() if self._on_device(each)}
        need = plan.need if known is None else plan.need - self._on_device(known)
        budget = int((self._device.free_bytes() + sum(there.values())) * self._wishes.share)
        leaving = [*there][: surplus([*there.values()], need, budget)]
        for key in leaving:
            if self._device.kind == "cpu":  # it has nowhere to go
                self._drop(key)
            else:
                others[key].park()
        beside = [key for key in others if key in self._loaded and not self._is_host_spared(others[key])]
        coming = plan.host_need if self._device.kind != "cpu" else plan.weights if known is None else known.held_bytes
        gone = beside[: surplus([others[key].held_bytes for key in beside], coming, self._budget)]
        for key in gone:
            self._drop(key)
        if leaving or gone:
            gc.collect()
            self._device.release_memory()

    def _is_host_spared(self, loaded: LoadedCheckpoint) -> bool:
        """Whether it takes none of the machine's own memory, but the GPU's."""
        return self._device.kind != "cpu" and self._on_device(loaded) > 0

    def spare_bytes(self) -> int:
        """What the checkpoints leave of the budget."""
        return max(0, self._budget - sum(each.held_bytes for each in self._loaded.values()))

    def shrink(self, path: Path) -> bool:
        """Plan a checkpoint anew with less of it on the device, and drop it. False where there is no such plan."""
        key = path.resolve()
        before = self._loaded.get(key)
        plan = self._smaller.get(key) if before is None else before.plan
        info = read_checkpoint(path)
        smaller = next_smaller(facts_for(info, self._device), plan or self._plan(info))
        if smaller is None:
            return False
        self._smaller[key] = smaller
        self._drop(key)
        return True

    def forget(self, path: Path) -> None:
        """Drop a checkpoint together with what was planned for it where memory ran out."""
        self._smaller.pop(path.resolve(), None)
        self._drop(path.resolve())

    def keep_only(self, path: Path) -> None:
        """Drop all other checkpoints, to make room."""
        key = path.resolve()
        for other in [held for held in self._loaded if held != key]:
            self._drop(other)
        gc.collect()
        self._device.release_memory()

    def relieve(self) -> None:
        """Where the machine's memory runs out, drop all but the one that was used last."""
        if len(self._loaded) > 1 and memory_is_scarce():
            _log.warning("memory is scarce; dropping what was kept ready")
            self.keep_only(next(reversed(self._loaded)))

    def clear(self) -> None:
        """Drop all checkpoints."""
        for key in list(self._loaded):
            self._drop(key)

    def _drop(self, key: Path) -> None:
        loaded = self._loaded.pop(key, None)
        if loaded is not None:
            loaded.arrangement.close()
