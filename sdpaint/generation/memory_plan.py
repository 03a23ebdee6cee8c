"""Memory plan: where a checkpoint's networks lie and in what form, from what the machine has. Facts in, plan out.

Everything here is arithmetic, so that each machine's plan can be tested on any other. What changes no pixel comes
first: networks on the device, then one network at a time, then a few layers at a time; only where even the host has no
room for them is precision given up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from sdpaint.settings.schema import MemoryChoice, Settings

_GIB = 1024**3

_STEP_BYTES_PER_PX = 700
"""What one step of denoising takes beside its weights, per pixel of the picture, at two bytes a number: SD 1.5, guided,
holds 520 at once, Flux 470, SD 3 and SDXL 320 (`bench_memory`), and convolutions want some room to work in."""

_DECODE_BYTES_PER_PX = 2300
"""Likewise for the autoencoder, which works at the size of the picture: 1540 at once."""

TILE_PX = 512
"""Side of the autoencoder's tiles."""

_GROUP_SHARE = 0.12
"""Of a network that lies on the device under group offload: the layers at work and those on their way."""


class Placement(Enum):
    """Where networks lie between their uses. The value is what the artist reads."""

    RESIDENT = "Resident"
    MODEL_OFFLOAD = "Model offload"
    GROUP_OFFLOAD = "Group offload"
    DISK_OFFLOAD = "Disk offload"


class Precision(Enum):
    """In what form the denoising network's weights lie."""

    AS_LOADED = ""
    INT8 = "8-bit integers"
    """The weights of its linear layers, each row with a scale of its own (torchao)."""
    FP8 = "8-bit storage"
    QUANTISED = "quantised"


@dataclass(frozen=True)
class MemoryFacts:
    """What a plan follows from; sizes in bytes.

    `free`: what may be used on the device, `host_free`: in the machine's memory; on a CPU they are the same. `parts`:
    the networks in the precision that they are loaded in, `network`: which of them denoises. `pixels`: of the largest
    picture that is worked on at once. `number_bytes`: of a number while it is computed with.
    """

    device: str
    free: int
    host_free: int
    parts: Mapping[str, int]
    network: str
    pixels: int
    number_bytes: int = 2
    has_fp8: bool = True
    quantisers: frozenset[str] = frozenset()
    is_quantised: bool = False
    """Whether the file itself holds quantised weights: they can't be made smaller."""

    @property
    def total(self) -> int:
        """All networks."""
        return sum(self.parts.values())


@dataclass(frozen=True)
class MemoryWishes:
    """What the artist has set. `share`: of the free memory, `kept`: of the machine's, for checkpoints kept ready."""

    choice: MemoryChoice = MemoryChoice.AUTO
    share: float = 0.9
    kept: float = 0.5


@dataclass(frozen=True)
class MemoryPlan:
    """What is done. `need`, `host_need`: the most expected on the device and beside it; `sampling`: on the device
    within a step; `weights`: of all networks.

    Pictures of more than `tile_above_px` go through the autoencoder in tiles. `reason` is a sentence for the tooltip.
    """

    placement: Placement = Placement.RESIDENT
    precision: Precision = Precision.AS_LOADED
    tile_above_px: int | None = None
    slices_attention: bool = False
    need: int = 0
    host_need: int = 0
    sampling: int = 0
    weights: int = 0
    fits: bool = True
    reason: str = ""

    @property
    def form(self) -> tuple[Placement, Precision]:
        """Where, and in what form."""
        return self.placement, self.precision

    def describe(self) -> str:
        """A few words for the status bar."""
        extras = [self.precision.value, "sliced attention" if self.slices_attention else ""]
        return " · ".join([self.placement.value, *(each for each in extras if each)])

    def tiles(self, pixels: int) -> bool:
        """Whether a picture of so many pixels goes through the autoencoder in tiles."""
        return self.tile_above_px is not None and pixels > self.tile_above_px


DEFAULT_WISHES = MemoryWishes()


def wishes_of(settings: Settings) -> MemoryWishes:
    """What the settings say."""
    return MemoryWishes(
        settings.memory, settings.memory_share_percent / 100, settings.checkpoint_cache_percent / 100
    )


def plan_memory(facts: MemoryFacts, wishes: MemoryWishes = DEFAULT_WISHES) -> MemoryPlan:
    """The plan that changes least and fits; where none does, the smallest, with `fits` False."""
    facts = replace(facts, free=int(facts.free * wishes.share), host_free=int(facts.host_free * wishes.share))
    candidates = list(_candidates(facts, wishes.choice))
    chosen = next((plan for plan in candidates if plan.fits), None)
    if chosen is None:
        chosen = min(candidates, key=lambda plan: plan.need)
    return replace(chosen, reason=_reason(facts, wishes.choice, chosen))


def next_smaller(facts: MemoryFacts, plan: MemoryPlan) -> MemoryPlan | None:
    """The plan to try where memory ran out under `plan`: the next that takes less, or None where there is none."""
    # Judged by what it takes here, not by what was free when it was made.
    now = _plan(facts, plan.placement, plan.precision, plan.slices_attention)
    smaller = next((each for each in _candidates(facts, MemoryChoice.AUTO) if each.sampling < now.sampling), None)
    if smaller is None:
        return None
    return replace(smaller, tile_above_px=0, reason=f"Memory ran out before. {_WHY[smaller.form]}")


def _candidates(facts: MemoryFacts, choice: MemoryChoice) -> Iterator[MemoryPlan]:
    """Every plan that can be had here, in the order in which they are preferred."""
    forms = [form for form in _forms(facts) if choice is MemoryChoice.AUTO or _is_meant(choice, *form)]
    # Only Apple's attention holds its scores, which slices make smaller; elsewhere it does without anyway.
    slicings = (False, True) if facts.device == "mps" and facts.network == "unet" else (False,)
    for placement, precision in forms or [(Placement.RESIDENT, Precision.AS_LOADED)]:
        for slices in slicings:
            yield _plan(facts, placement, precision, slices)


def _forms(facts: MemoryFacts) -> Iterator[tuple[Placement, Precision]]:
    has_own_memory = facts.device == "cuda"
    together = Placement.MODEL_OFFLOAD if has_own_memory else Placement.RESIDENT
    yield Placement.RESIDENT, Precision.AS_LOADED
    if has_own_memory:
        yield Placement.MODEL_OFFLOAD, Precision.AS_LOADED
        yield Placement.GROUP_OFFLOAD, Precision.AS_LOADED
    if not facts.is_quantised:
        # Of UNets much lies in convolutions, which stay as they are.
        if "torchao" in facts.quantisers and facts.network == "transformer":
            yield together, Precision.INT8
        if facts.has_fp8:
            yield together, Precision.FP8
        if "bitsandbytes" in facts.quantisers:
            yield together, Precision.QUANTISED
    if facts.device != "mps":
        yield Placement.DISK_OFFLOAD, Precision.AS_LOADED


_MEANT: Mapping[MemoryChoice, tuple[Placement | None, Precision | None]] = {
    MemoryChoice.RESIDENT: (Placement.RESIDENT, Precision.AS_LOADED),
    MemoryChoice.MODEL_OFFLOAD: (Placement.MODEL_OFFLOAD, Precision.AS_LOADED),
    MemoryChoice.GROUP_OFFLOAD: (Placement.GROUP_OFFLOAD, Precision.AS_LOADED),
    MemoryChoice.DISK_OFFLOAD: (Placement.DISK_OFFLOAD, Precision.AS_LOADED),
    MemoryChoice.INT8: (None, Precision.INT8),
    MemoryChoice.FP8: (None, Precision.FP8),
    MemoryChoice.QUANTISED: (None, Precision.QUANTISED),
}


def _is_meant(choice: MemoryChoice, placement: Placement, precision: Precision) -> bool:
    wanted, form = _MEANT[choice]
    return wanted in (None, placement) and form in (None, precision)


def _plan(facts: MemoryFacts, placement: Placement, precision: Precision, slices: bool) -> MemoryPlan:
    parts = dict(facts.parts)
    parts[facts.network] = int(parts.get(facts.network, 0) * _share(facts, precision))
    weights, largest, vae = sum(parts.values()), max(parts.values(), default=0), parts.get("vae", 0)
    on_device = {
        Placement.RESIDENT: weights,
        Placement.MODEL_OFFLOAD: largest,
        Placement.GROUP_OFFLOAD: int(largest * _GROUP_SHARE) + vae,
        Placement.DISK_OFFLOAD: int(largest * _GROUP_SHARE) + vae,
    }[placement]
    host_need = weights if placement in (Placement.MODEL_OFFLOAD, Placement.GROUP_OFFLOAD) else 0
    step = step_bytes(facts.pixels, facts.number_bytes) // (2 if slices else 1)
    beside = weights if placement is Placement.RESIDENT else vae
    whole = beside + decode_bytes(facts.pixels, facts.number_bytes)
    tile_above = None if whole <= facts.free else _most_decoded(facts.free - beside, facts.number_bytes)
    if tile_above is not None:
        whole = beside + decode_bytes(min(facts.pixels, TILE_PX * TILE_PX), facts.number_bytes)
    need = max(on_device + step, whole)
    fits = need <= facts.free and (facts.device != "cuda" or host_need <= facts.host_free)
    return MemoryPlan(placement, precision, tile_above, slices, need, host_need, on_device + step, weights, fits)


def _share(facts: MemoryFacts, precision: Precision) -> float:
    """What remains of a network: norms, embeddings and scales stay as they are."""
    if precision is Precision.AS_LOADED:
        return 1.0
    bits = 4 if precision is Precision.QUANTISED else 8
    return min(1.0, (bits + 1) / (8 * facts.number_bytes))


def step_bytes(pixels: int, number_bytes: int) -> int:
    """What a step takes beside its weights, guided, for a picture of so many pixels."""
    return pixels * _STEP_BYTES_PER_PX * number_bytes // 2


def decode_bytes(pixels: int, number_bytes: int) -> int:
    """What the autoencoder takes beside its weights."""
    return pixels * _DECODE_BYTES_PER_PX * number_bytes // 2


def _most_decoded(free: int, number_bytes: int) -> int:
    """The most pixels that are decoded at once, of so much memory."""
    return max(0, free) * 2 // (_DECODE_BYTES_PER_PX * number_bytes)


def _reason(facts: MemoryFacts, choice: MemoryChoice, plan: MemoryPlan) -> str:
    sizes = f"The networks take {size_words(facts.total)} and the work about {size_words(_work(facts, plan))}; "
    free = f"{size_words(facts.free)} may be used"
    if facts.device == "cuda":
        free += f" on the GPU and {size_words(facts.host_free)} beside it"
    if choice is MemoryChoice.AUTO:
        fitting = "" if plan.fits else ". Nothing fits for certain, this takes least"
        return f"{sizes}{free}{fitting}. {_WHY[plan.form]}"
    chosen = "Chosen in Preferences" if _is_meant(choice, *plan.form) else "What is chosen isn't possible here"
    fitting = "" if plan.fits else ". It may not be enough"
    return f"{chosen}. {sizes}{free}{fitting}"


def _work(facts: MemoryFacts, plan: MemoryPlan) -> int:
    decoded = facts.pixels if plan.tile_above_px is None else min(facts.pixels, TILE_PX * TILE_PX)
    return max(step_bytes(facts.pixels, facts.number_bytes), decode_bytes(decoded, facts.number_bytes))


_WHY: Mapping[tuple[Placement, Precision], str] = {
    (Placement.RESIDENT, Precision.AS_LOADED): "Everything stays where it is computed",
    (Placement.MODEL_OFFLOAD, Precision.AS_LOADED): "Only the network at work lies on the GPU: the same pixels",
    (Placement.GROUP_OFFLOAD, Precision.AS_LOADED): "Layers come to the GPU when they are due: the same pixels, slower",
    (Placement.DISK_OFFLOAD, Precision.AS_LOADED): "Layers are read from the disk at every step: the same pixels, slow",
    (Placement.RESIDENT, Precision.INT8): "Weights are integers of 8 bits: pixels differ a little",
    (Placement.MODEL_OFFLOAD, Precision.INT8): "Weights are integers of 8 bits, one network on the GPU at a time",
    (Placement.RESIDENT, Precision.FP8): "Weights are stored in 8 bits: pixels differ slightly",
    (Placement.MODEL_OFFLOAD, Precision.FP8): "Weights are stored in 8 bits, one network on the GPU at a time",
    (Placement.RESIDENT, Precision.QUANTISED): "Weights are quantised: pixels differ",
    (Placement.MODEL_OFFLOAD, Precision.QUANTISED): "Weights are quantised, one network on the GPU at a time",
}


def size_words(size: int) -> str:
    """Bytes for people."""
    return f"{size / _GIB:.1f} GB" if size >= _GIB // 10 else f"{size / 1024**2:.0f} MB"
