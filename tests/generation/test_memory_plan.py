"""Memory plans: facts in, plan out, for any machine."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.generation.memory_plan import (
    MemoryFacts,
    MemoryPlan,
    MemoryWishes,
    Placement,
    Precision,
    decode_bytes,
    next_smaller,
    plan_memory,
    size_words,
    step_bytes,
)
from sdpaint.settings.schema import MemoryChoice

GIB = 1024**3

SD1 = {"unet": int(1.6 * GIB), "vae": int(0.16 * GIB), "text_encoder": int(0.23 * GIB)}
SDXL = {**SD1, "unet": int(4.8 * GIB), "text_encoder_2": int(1.3 * GIB)}
FLUX = {"transformer": 22 * GIB, "vae": int(0.16 * GIB), "text_encoder": int(0.23 * GIB), "text_encoder_2": 9 * GIB}


def machine(parts: dict[str, int], free: float, host: float = 64, device: str = "cuda", **more: object) -> MemoryFacts:
    network = "unet" if "unet" in parts else "transformer"
    size = 768 if parts is SD1 else 1152
    return MemoryFacts(device, int(free * GIB), int(host * GIB), parts, network, size * size, **more)  # type: ignore[arg-type]


@st.composite
def facts(draw: st.DrawFn) -> MemoryFacts:
    network = draw(st.sampled_from(["unet", "transformer"]))
    size = st.integers(1, 40 * GIB)
    return MemoryFacts(
        device=draw(st.sampled_from(["cuda", "mps", "cpu"])),
        free=draw(st.integers(0, 96 * GIB)),
        host_free=draw(st.integers(0, 256 * GIB)),
        parts={network: draw(size), "vae": draw(st.integers(1, GIB)), "text_encoder": draw(size)},
        network=network,
        pixels=draw(st.integers(64 * 64, 2048 * 2048)),
        number_bytes=draw(st.sampled_from([2, 4])),
        has_fp8=draw(st.booleans()),
        quantisers=draw(st.sampled_from([frozenset(), frozenset({"bitsandbytes"}), frozenset({"torchao"})])),
        is_quantised=draw(st.booleans()),
    )


EXAMPLES = [
    (machine(SD1, 3.5), Placement.RESIDENT, Precision.AS_LOADED),
    (machine(SD1, 3.0), Placement.RESIDENT, Precision.AS_LOADED),
    (machine(SD1, 2.5), Placement.MODEL_OFFLOAD, Precision.AS_LOADED),
    (machine(SD1, 1.2), Placement.GROUP_OFFLOAD, Precision.AS_LOADED),
    (machine(SDXL, 11.0), Placement.RESIDENT, Precision.AS_LOADED),
    (machine(SDXL, 7.2), Placement.MODEL_OFFLOAD, Precision.AS_LOADED),
    (machine(SDXL, 3.5), Placement.GROUP_OFFLOAD, Precision.AS_LOADED),
    (machine(FLUX, 46.0), Placement.RESIDENT, Precision.AS_LOADED),
    (machine(FLUX, 30.0), Placement.MODEL_OFFLOAD, Precision.AS_LOADED),
    (machine(FLUX, 11.0), Placement.GROUP_OFFLOAD, Precision.AS_LOADED),
    (machine(FLUX, 16.0, host=26), Placement.MODEL_OFFLOAD, Precision.FP8),
    (machine(FLUX, 16.0, host=26, quantisers=frozenset({"torchao"})), Placement.MODEL_OFFLOAD, Precision.INT8),
    (machine(FLUX, 26.0, 26.0, "cpu", quantisers=frozenset({"torchao"})), Placement.RESIDENT, Precision.INT8),
    (machine(FLUX, 11.0, host=18), Placement.DISK_OFFLOAD, Precision.AS_LOADED),
    (
        machine(FLUX, 13.0, host=20, quantisers=frozenset({"bitsandbytes"})),
        Placement.MODEL_OFFLOAD,
        Precision.QUANTISED,
    ),
    (machine(SDXL, 12.0, 12.0, "cpu"), Placement.RESIDENT, Precision.AS_LOADED),
    (machine(SDXL, 6.3, 6.3, "cpu"), Placement.RESIDENT, Precision.FP8),
    # Much of a UNet is convolutions, which torchao leaves as they are.
    (machine(SDXL, 6.3, 6.3, "cpu", quantisers=frozenset({"torchao"})), Placement.RESIDENT, Precision.FP8),
    (machine(SDXL, 3.0, 3.0, "cpu"), Placement.DISK_OFFLOAD, Precision.AS_LOADED),
    (machine(SDXL, 12.0, 4.0, "mps", has_fp8=False), Placement.RESIDENT, Precision.AS_LOADED),
]


@pytest.mark.parametrize(("there", "placement", "precision"), EXAMPLES)
def test_known_machines_get_the_plan_that_suits_them(
    there: MemoryFacts, placement: Placement, precision: Precision
) -> None:
    plan = plan_memory(there)
    assert plan.form == (placement, precision), plan.reason
    assert plan.fits


@given(facts())
def test_a_plan_that_fits_needs_no_more_than_is_free(there: MemoryFacts) -> None:
    wishes = MemoryWishes()
    plan = plan_memory(there, wishes)
    if plan.fits:
        assert plan.need <= there.free * wishes.share
        assert there.device != "cuda" or plan.host_need <= there.host_free * wishes.share
    assert plan.reason
    assert plan.describe().startswith(plan.placement.value)


@given(facts())
def test_nothing_is_chosen_that_the_machine_cannot_do(there: MemoryFacts) -> None:
    plan = plan_memory(there)
    if there.device != "cuda":
        assert plan.placement not in (Placement.MODEL_OFFLOAD, Placement.GROUP_OFFLOAD)
    if not there.has_fp8 or there.is_quantised:
        assert plan.precision is not Precision.FP8
    if "bitsandbytes" not in there.quantisers or there.is_quantised:
        assert plan.precision is not Precision.QUANTISED
    if "torchao" not in there.quantisers or there.is_quantised or there.network == "unet":
        assert plan.precision is not Precision.INT8
    if there.device == "mps":
        assert plan.placement is Placement.RESIDENT
    else:
        assert not plan.slices_attention


def rank(plan: MemoryPlan) -> tuple[bool, int, int]:
    """The smaller, the more it is preferred."""
    is_slow = plan.placement is Placement.DISK_OFFLOAD
    return is_slow, list(Precision).index(plan.precision), list(Placement).index(plan.placement)


@given(facts(), st.integers(1, 64 * GIB))
def test_more_memory_never_makes_a_plan_worse(there: MemoryFacts, more: int) -> None:
    tight = plan_memory(there)
    roomy = plan_memory(replace(there, free=there.free + more, host_free=there.host_free + more))
    if tight.fits:
        assert roomy.fits
        assert rank(roomy) <= rank(tight)


@given(facts())
def test_what_changes_no_pixel_comes_first(there: MemoryFacts) -> None:
    plan = plan_memory(there)
    if plan.fits and plan.precision is not Precision.AS_LOADED:
        exact = [
            plan_memory(there, MemoryWishes(choice))
            for choice in (MemoryChoice.RESIDENT, MemoryChoice.MODEL_OFFLOAD, MemoryChoice.GROUP_OFFLOAD)
        ]
        assert not any(each.fits and each.precision is Precision.AS_LOADED for each in exact)


@given(facts())
def test_a_picture_is_tiled_just_where_it_would_not_fit_whole(there: MemoryFacts) -> None:
    plan = plan_memory(there, MemoryWishes(share=1.0))
    beside = plan.weights if plan.placement is Placement.RESIDENT else there.parts["vae"]
    fits = beside + decode_bytes(there.pixels, there.number_bytes) <= there.free
    assert plan.tiles(there.pixels) is (not fits)


@given(facts(), st.sampled_from([c for c in MemoryChoice if c is not MemoryChoice.AUTO]))
def test_what_is_chosen_by_hand_holds_or_is_said_to_be_impossible(there: MemoryFacts, choice: MemoryChoice) -> None:
    plan = plan_memory(there, MemoryWishes(choice))
    meant = {
        MemoryChoice.RESIDENT: plan.form == (Placement.RESIDENT, Precision.AS_LOADED),
        MemoryChoice.MODEL_OFFLOAD: plan.form == (Placement.MODEL_OFFLOAD, Precision.AS_LOADED),
        MemoryChoice.GROUP_OFFLOAD: plan.form == (Placement.GROUP_OFFLOAD, Precision.AS_LOADED),
        MemoryChoice.DISK_OFFLOAD: plan.placement is Placement.DISK_OFFLOAD,
        MemoryChoice.INT8: plan.precision is Precision.INT8,
        MemoryChoice.FP8: plan.precision is Precision.FP8,
        MemoryChoice.QUANTISED: plan.precision is Precision.QUANTISED,
    }[choice]
    assert plan.reason.startswith("Chosen in Preferences" if meant else "What is chosen isn't possible here")


@given(facts())
def test_each_smaller_plan_takes_less_until_there_is_none(there: MemoryFacts) -> None:
    plan: MemoryPlan | None = plan_memory(there)
    seen = []
    while plan is not None:
        seen.append(plan)
        assert len(seen) < 10
        plan = next_smaller(there, plan)
    forms = [(each.form, each.slices_attention) for each in seen]
    assert len(set(forms)) == len(forms)


def test_work_grows_with_the_picture_and_the_precision() -> None:
    assert step_bytes(512 * 512, 4) == 2 * step_bytes(512 * 512, 2)
    assert decode_bytes(1024 * 1024, 2) == 4 * decode_bytes(512 * 512, 2)


def test_small_sizes_are_said_in_megabytes() -> None:
    assert [size_words(size) for size in (3 * 1024**2, GIB // 2, 22 * GIB)] == ["3 MB", "0.5 GB", "22.0 GB"]


def test_the_line_names_what_was_done() -> None:
    assert plan_memory(machine(SDXL, 11.0)).describe() == "Resident"
    assert plan_memory(machine(FLUX, 16.0, host=26)).describe() == "Model offload · 8-bit storage"
    assert "22" not in plan_memory(machine(SD1, 3.5)).reason
    assert "GB" in plan_memory(machine(SD1, 3.5)).reason
