"""Memory plans carried out on true pipelines: what is exact stays exact, and what is stored smaller stays close.

No GPU is needed: a network that is offloaded from a CPU to a CPU goes through all of diffusers' hooks.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import FluxTransformer2DModel, ModelMixin

from sdpaint.checkpoints.component import Prediction
from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.checkpoints.marks import user_marks
from sdpaint.engine.device import Device, choose_device
from sdpaint.engine.diffusion import DiffusionEngine
from sdpaint.engine.loader import place_network
from sdpaint.engine.room import facts_for, held_bytes, is_scarce
from sdpaint.engine.store import CheckpointStore
from sdpaint.generation.memory_plan import MemoryPlan, MemoryWishes, Placement, Precision
from sdpaint.generation.request import GenerationRequest, SamplerName
from sdpaint.settings.schema import MemoryChoice
from tests.engine.support import build_flow_checkpoint, centre_mask, landscape, make_request, picture
from tests.engine.tiny_families import build_family, build_lora

CPU = choose_device("cpu", "float32")


@dataclass(frozen=True)
class SmallGpu(Device):
    """A device with memory of its own, as far as plans can tell; it computes on the CPU."""

    free: int = 0

    @property
    def kind(self) -> str:
        return "cuda"

    def free_bytes(self) -> int:
        return self.free

    def total_bytes(self) -> int:
        return 8 * 1024**3

    def peak_bytes(self) -> int:
        return 0

    def watch_memory(self) -> None:
        """Nothing is counted."""

    def release_memory(self) -> None:
        """Nothing is kept."""

    def _name(self) -> str:
        return "Small GPU"


def small_gpu(free: int = 8 * 1024**3, dtype: torch.dtype = torch.float32) -> SmallGpu:
    return SmallGpu(torch.device("cpu"), dtype, True, free)


@contextmanager
def engine_on(device: Device, choice: MemoryChoice = MemoryChoice.AUTO) -> Iterator[DiffusionEngine]:
    engine = DiffusionEngine(memory=MemoryWishes(choice))
    engine._device = device
    try:
        yield engine
    finally:
        engine.close()


@pytest.fixture(scope="module")
def flux(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_flow_checkpoint(tmp_path_factory.mktemp("placed") / "flux", "FluxPipeline")


@pytest.fixture(scope="module")
def z_image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_family(tmp_path_factory.mktemp("placed") / "z", "ZImagePipeline")


@pytest.fixture(scope="module")
def kandinsky(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_family(tmp_path_factory.mktemp("placed") / "kandinsky", "KandinskyV22CombinedPipeline")


def requests(checkpoint: Path) -> list[GenerationRequest]:
    more: dict[str, Any] = {"steps": 2, "sampler": read_checkpoint(checkpoint).sampler, "prompt": "sea"}
    masked = {"image": landscape(64), "mask": centre_mask(64)}
    return [make_request(checkpoint, **more), make_request(checkpoint, strength=0.6, **masked, **more)]


@pytest.mark.parametrize("name", ["tiny_sd", "tiny_sdxl", "flux", "z_image", "kandinsky"])
@pytest.mark.parametrize("choice", [MemoryChoice.MODEL_OFFLOAD, MemoryChoice.GROUP_OFFLOAD, MemoryChoice.DISK_OFFLOAD])
def test_offloading_changes_no_pixel(name: str, choice: MemoryChoice, request: pytest.FixtureRequest) -> None:
    checkpoint: Path = request.getfixturevalue(name)
    asked = requests(checkpoint)
    with engine_on(CPU) as plain, engine_on(small_gpu(), choice) as offloading:
        for each in (*asked, asked[0]):
            exact, ours = (picture(engine, each).astype(int) for engine in (plain, offloading))
            assert np.abs(exact - ours).max() <= 1  # weights that moved may be summed up in another order
        placement = offloading._load(checkpoint).plan.placement
    assert placement.name == choice.name


def test_under_model_offload_each_network_comes_when_it_is_due_and_goes_again(
    tiny_sd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine_on(small_gpu(), MemoryChoice.MODEL_OFFLOAD) as engine:
        engine.warm_up(tiny_sd)
        moved: list[tuple[str, str]] = []
        to = ModelMixin.to

        def remember(network: Any, *args: Any, **kwargs: Any) -> Any:
            # "cpu:0" stands for the GPU here, as "cpu" for the machine's own memory.
            moved.append((type(network).__name__, str(args[0]) if args else ""))
            return to(network, *args, **kwargs)

        monkeypatch.setattr(ModelMixin, "to", remember)
        picture(engine, make_request(tiny_sd, steps=1))
    for name in ("UNet2DConditionModel", "AutoencoderKL"):
        places = [place for network, place in moved if network == name]
        assert "cpu:0" in places
        assert places[-1] == "cpu"


def test_under_disk_offload_the_weights_lie_on_the_disk_and_go_with_the_checkpoint(tiny_sd: Path) -> None:
    with engine_on(small_gpu(), MemoryChoice.DISK_OFFLOAD) as engine:
        picture(engine, make_request(tiny_sd, steps=1))
        arrangement = engine._load(tiny_sd).arrangement
        assert arrangement._disk is not None
        folder = Path(arrangement._disk.name)
        assert sum(file.stat().st_size for file in folder.rglob("*.safetensors")) > 0
    assert not folder.exists()


@pytest.mark.parametrize("name", ["tiny_sd", "tiny_sdxl", "flux", "z_image"])
def test_weights_in_eight_bits_take_less_and_stay_close(name: str, request: pytest.FixtureRequest) -> None:
    checkpoint: Path = request.getfixturevalue(name)
    asked = requests(checkpoint)[0]
    with engine_on(CPU) as plain, engine_on(CPU, MemoryChoice.FP8) as small:
        exact, close = picture(plain, asked), picture(small, asked)
        network = "unet" if "sd" in name else "transformer"
        sizes = [held_bytes([each._load(checkpoint).components[network]]) for each in (plain, small)]
        # Of networks so tiny, what stays as it is (norms, embeddings) is much.
        assert sizes[1] < 0.95 * sizes[0]
    assert not np.array_equal(exact, close)
    assert np.abs(exact.astype(int) - close).mean() < 12


@pytest.fixture
def torchao() -> Any:
    """What quantises to integers, on machines that have it; it warns while it is imported."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("torchao")


@pytest.mark.usefixtures("torchao")
def test_integers_take_less_stay_close_and_go_with_a_lora(flux: Path, tmp_path: Path) -> None:
    build_lora(tmp_path / "ink.safetensors", flux)
    device = choose_device("cpu", "bfloat16")

    def asked(prompt: str) -> GenerationRequest:
        files = {"ink": tmp_path / "ink.safetensors"}
        request = make_request(flux, sampler=SamplerName.EULER, prompt=prompt, steps=2)
        return replace(request, adapter_files=files)

    with engine_on(device) as plain, engine_on(device, MemoryChoice.INT8) as small:
        exact, close = (picture(each, asked("sea")) for each in (plain, small))
        networks = [each._load(flux).components["transformer"] for each in (plain, small)]
        assert small._load(flux).plan.precision is Precision.INT8
        assert networks[1].is_quantized
        assert held_bytes(networks[1:]) < 0.75 * held_bytes(networks[:1])
        inked = picture(small, asked("sea<lora:ink:1>"))
        assert np.array_equal(picture(small, asked("sea")), close)
    assert np.abs(exact.astype(int) - close).mean() < 4
    assert np.abs(inked.astype(int) - close).mean() > np.abs(exact.astype(int) - close).mean()


@pytest.mark.usefixtures("torchao")
def test_a_network_from_a_file_of_its_own_becomes_integers_too(flux: Path) -> None:
    network = FluxTransformer2DModel.from_pretrained(flux / "transformer", dtype=torch.bfloat16)
    before = held_bytes([network])
    place_network(network, "transformer", choose_device("cpu", "bfloat16"), MemoryPlan(precision=Precision.INT8), True)
    assert held_bytes([network]) < 0.75 * before


def test_integers_are_offered_only_with_what_makes_them(flux: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is installed is told apart from what is of use: torchao's integers go with bfloat16 alone."""
    import sdpaint.engine.room as room

    monkeypatch.setattr(room.importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(room, "is_torchao_version", lambda *_: True)
    info = read_checkpoint(flux)
    found = [facts_for(info, choose_device("cpu", dtype)).quantisers for dtype in ("bfloat16", "float32")]
    assert found == [frozenset({"torchao"}), frozenset()]
    monkeypatch.setattr(room, "is_torchao_version", lambda *_: False)
    assert facts_for(info, choose_device("cpu", "bfloat16")).quantisers == frozenset()


@pytest.mark.parametrize("choice", [MemoryChoice.FP8, MemoryChoice.GROUP_OFFLOAD])
def test_bfloat16_works_with_it_too(tiny_sd: Path, choice: MemoryChoice) -> None:
    with engine_on(small_gpu(dtype=torch.bfloat16), choice) as engine:
        assert picture(engine, make_request(tiny_sd, steps=2)).std() > 0


def test_a_large_picture_is_developed_in_tiles_where_the_plan_says_so(tiny_sd: Path) -> None:
    with engine_on(CPU) as engine:
        loaded = engine._load(tiny_sd)
        loaded.plan = MemoryPlan(tile_above_px=64 * 64)
        seen: list[bool] = []
        handle = loaded.vae.decoder.register_forward_pre_hook(lambda *_: seen.append(loaded.vae.use_tiling))
        picture(engine, make_request(tiny_sd, steps=1, side=64))
        picture(engine, make_request(tiny_sd, steps=1, side=128))
        handle.remove()
        assert seen[0] is False
        assert seen[-1] is True
        assert not loaded.vae.use_tiling


def test_the_line_and_its_tooltip_say_where_things_lie_and_why(tiny_sd: Path) -> None:
    with engine_on(small_gpu(), MemoryChoice.GROUP_OFFLOAD) as engine:
        assert engine.explain_memory() == ""
        engine.warm_up(tiny_sd)
        assert engine.describe_device() == "Small GPU · Group offload · float32 · 0.0 of 8.0 GB"
        assert engine.explain_memory().startswith("Chosen in Preferences. The networks take")


def test_wishes_hold_from_the_next_picture_on(tiny_sd: Path) -> None:
    with engine_on(small_gpu()) as engine:
        before = picture(engine, make_request(tiny_sd, steps=1))
        assert engine._load(tiny_sd).plan.placement is Placement.RESIDENT
        engine.set_memory(MemoryWishes(MemoryChoice.MODEL_OFFLOAD))
        assert np.array_equal(picture(engine, make_request(tiny_sd, steps=1)), before)
        assert engine._load(tiny_sd).plan.placement is Placement.MODEL_OFFLOAD


def test_what_leaves_the_gpu_stays_ready_beside_it(tiny_sd: Path, tiny_sdxl: Path) -> None:
    with engine_on(small_gpu()) as engine:
        first = picture(engine, make_request(tiny_sd, steps=1))
        kept = engine._load(tiny_sd)
        store = engine._open()[1]
        engine._device = store._device = small_gpu(0)  # no more than what the one takes
        store.get(tiny_sdxl)
        assert kept.is_parked
        assert store.get(tiny_sd) is kept, "it isn't read again"
        assert not kept.is_parked
        assert np.array_equal(picture(engine, make_request(tiny_sd, steps=1)), first)


def test_checkpoints_kept_ready_go_where_the_machine_runs_short(
    tiny_sd: Path, tiny_sdxl: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = CheckpointStore(CPU)
    for path in (tiny_sd, tiny_sdxl):
        store.get(path)
    store.relieve()
    assert store.holds(tiny_sd)
    monkeypatch.setattr("sdpaint.engine.store.memory_is_scarce", lambda: True)
    store.relieve()
    assert not store.holds(tiny_sd)
    assert store.holds(tiny_sdxl)
    store.clear()


def test_memory_is_scarce_near_its_end_alone() -> None:
    assert not is_scarce(8, 16)
    assert is_scarce(1, 100)


def test_what_the_artist_corrects_holds_from_the_next_picture_on(tiny_sd: Path) -> None:
    with engine_on(CPU) as engine:
        asked = make_request(tiny_sd, steps=2)
        before = picture(engine, asked)
        first = engine._load(tiny_sd)
        user_marks().change([tiny_sd], note="nothing that counts")
        assert engine._load(tiny_sd) is first
        user_marks().change([tiny_sd], prediction=Prediction.V)
        assert not np.array_equal(picture(engine, asked), before)
        user_marks().change([tiny_sd], prediction=None)
        assert np.array_equal(picture(engine, asked), before)


def test_unloaded_checkpoints_are_read_again(tiny_sd: Path) -> None:
    with engine_on(CPU) as engine:
        before = picture(engine, make_request(tiny_sd, steps=1))
        engine.close()
        assert "Resident" not in engine.describe_device()
        assert np.array_equal(picture(engine, make_request(tiny_sd, steps=1)), before)


def test_four_bits_are_asked_of_the_quantiser(monkeypatch: pytest.MonkeyPatch) -> None:
    from sdpaint.engine import placement

    class Config:
        def __init__(self, **options: Any) -> None:
            self.options = options

    monkeypatch.setattr(placement.diffusers, "BitsAndBytesConfig", Config)
    plan = MemoryPlan(Placement.MODEL_OFFLOAD, Precision.QUANTISED)
    config = placement.quantisation(plan, CPU)["quantization_config"]
    assert config.options["load_in_4bit"]
    assert config.options["bnb_4bit_compute_dtype"] is torch.float32
    assert placement.quantisation(MemoryPlan(), CPU) == {}
