import json
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
import torch
from diffusers import UNet2DConditionModel
from starter_checkpoint import autoencoder, labelled, muon, tokenizer, transfer, unet_cpu
from starter_checkpoint.config import CPU, HELD_OUT, REHEARSAL
from starter_checkpoint.run import open_run
from starter_checkpoint.world import make_plan, render
from torch import nn

pytestmark = pytest.mark.filterwarnings(
    "ignore::FutureWarning", "ignore::DeprecationWarning", "ignore::UserWarning"
)


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def rehearsal(folder, minutes=5.0):
    recipe = replace(REHEARSAL, unet=replace(REHEARSAL.unet, pooled_prompt=True))
    return open_run(recipe, folder, minutes, workers=0, device="cpu")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Autoencoder, tokenizer and pictures in toy sizes."""
    run = rehearsal(tmp_path_factory.mktemp("cpu"))
    assert autoencoder.train(run)
    tokenizer.train(run)
    assert labelled.write_labelled(run, tokenizer.load(run.folder))
    return run.folder


def ending_in(seconds, decay_minutes=0.0):
    end = datetime.now() + timedelta(seconds=seconds)
    return unet_cpu.Timetable(end.isoformat(), decay_minutes, large_share=0.5)


def steps_of(folder):
    return torch.load(folder / "unet-cpu.state.pt", weights_only=True)["step"]


def test_labels_lie_where_the_things_are():
    seed = next(seed for seed in range(50) if any(thing.kind == "castle" for thing in make_plan(seed).things))
    image, labels = labelled.draw(make_plan(seed), (128, 128))
    scene = render(seed, (128, 128), sides=True)
    assert np.array_equal(image, scene.image)
    mask = next(found.mask for found in scene.objects if found.kind == "castle")
    cells = mask.reshape(32, 4, 32, 4).mean((1, 3)) / 255.0
    castle = labels == labelled.LABELS.index("castle")
    assert castle[cells > 0.5].mean() > 0.95
    assert not castle[cells == 0.0].any()
    assert labels[0, 0] == labelled.LABELS.index("sky")


def test_shards_of_rare_things_show_nothing_else():
    plans = labelled.plans_from(1000, 30, rare=True)
    for plan in plans:
        assert {thing.kind for thing in plan.things} & {*labelled.RARE} or plan.aurora or plan.rainbow
    assert [plan.seed for plan in plans] == sorted({plan.seed for plan in plans})
    with pytest.raises(ValueError, match="held out"):
        labelled.plans_from(HELD_OUT - 5, 6)


def test_cells_of_small_things_weigh_more_than_the_sky():
    labels = torch.zeros(1, 32, 32, dtype=torch.uint8)
    labels[0, 10:12, 10:12] = labelled.LABELS.index("sun")
    labels[0, 16:, :] = labelled.LABELS.index("castle")
    weights = unet_cpu.cell_weights(labels)[0]
    assert weights[10, 10] > weights[20, 20] > weights[0, 0]
    assert weights.mean().item() == pytest.approx(1.0)


def test_updates_are_orthogonal_whatever_the_gradient():
    torch.manual_seed(0)
    for shape in ((2, 24, 60), (1, 60, 24)):
        values = torch.linalg.svdvals(muon.orthogonal(torch.randn(shape) * 1e-3).float())
        assert values.min() > 0.4
        assert values.max() < 1.4


def test_the_work_of_the_optimiser_is_shared_out_without_gaps():
    matrices = [torch.zeros(size, 64) for size in (32, 32, 32, 48, 64, 64)]
    shares = muon.shared_out(matrices, 2)
    assert sorted(k for share in shares for group in share for k in group) == list(range(6))
    assert all(shares)


def test_the_optimiser_learns_and_goes_on_where_it_was():
    torch.manual_seed(0)
    teacher = nn.Sequential(nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 32))
    student = nn.Sequential(nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 32))
    inputs = torch.randn(256, 32)
    optimizer = muon.Muon(student, 0.0)

    def step():
        loss = (student(inputs) - teacher(inputs).detach()).pow(2).mean()
        student.zero_grad()
        loss.backward()
        optimizer.step(0.01)
        return loss.item()

    first = step()
    for _ in range(60):
        step()
    assert step() < 0.2 * first
    saved = {name: value.clone() for name, value in student.state_dict().items()}
    state = torch.load(_written(optimizer.state_dict()), weights_only=True)
    expected = [step() for _ in range(3)]
    student.load_state_dict(saved)
    optimizer = muon.Muon(student, 0.0)
    optimizer.load_state_dict(state)
    assert [step() for _ in range(3)] == pytest.approx(expected)


def _written(state):
    import io

    buffer = io.BytesIO()
    torch.save(state, buffer)
    buffer.seek(0)
    return buffer


def test_an_end_given_as_a_time_of_day_is_the_next_one(tmp_path):
    run = rehearsal(tmp_path)
    passed = (datetime.now() - timedelta(minutes=2)).strftime("%H:%M")
    left = unet_cpu.timetable(run, passed, 10.0, 0.2).seconds_left()
    assert 23.8 * 3600 < left < 24 * 3600
    assert unet_cpu.timetable(run, None, 0.0, 0.2).seconds_left() == pytest.approx(300, abs=5)


def test_the_rate_falls_to_nothing_at_the_end_and_only_where_asked():
    assert ending_in(60).rate() == 1.0
    assert ending_in(3600, decay_minutes=10).rate() == 1.0
    assert ending_in(300, decay_minutes=10).rate() == pytest.approx(0.5, abs=0.01)
    assert ending_in(-5, decay_minutes=10).rate() == 0.0


def test_training_without_pictures_says_what_to_run_first(tmp_path):
    run = rehearsal(tmp_path)
    tokenizer.train(run)
    with pytest.raises(FileNotFoundError, match=r"make\.py labelled"):
        unet_cpu.train(run, ending_in(5))


@pytest.mark.slow
def test_training_pauses_goes_on_and_leaves_the_state_from_before_a_decay(prepared):
    assert not unet_cpu.train(rehearsal(prepared), ending_in(3))
    paused = steps_of(prepared)
    assert paused > 0
    assert unet_cpu.train(rehearsal(prepared), ending_in(3, decay_minutes=1.0))
    assert steps_of(prepared) == paused
    last = json.loads((prepared / "unet-cpu.log.jsonl").read_text().splitlines()[-1])
    assert last["step"] > paused
    assert 0.0 <= last["factor"] < 1.0
    network = UNet2DConditionModel.from_pretrained(prepared / "unet")
    assert network.config.addition_embed_type == "text"
    shown = unet_cpu.denoiser_so_far(rehearsal(prepared))
    assert shown.unet.config.addition_embed_type == "text"


@pytest.mark.slow
def test_training_goes_on_from_averages_that_came_from_another_machine(prepared, tmp_path):
    unet_cpu.train(rehearsal(prepared), ending_in(2))
    transfer.pack(prepared, tmp_path / "pieces", ["autoencoder", "unet-cpu"])
    there = rehearsal(tmp_path / "there")
    transfer.unpack(there, tmp_path / "pieces")
    assert (there.folder / "unet" / "config.json").is_file()
    carried = steps_of(there.folder)
    assert carried == steps_of(prepared)
    labelled.write_labelled(there, tokenizer.load(there.folder))
    unet_cpu.train(there, ending_in(2))
    assert steps_of(there.folder) > carried


def test_the_recipe_for_a_processor_fits_its_shipped_size():
    size = CPU.unet
    assert size.pooled_prompt
    assert all(pixels[0] % 32 == 0 and pixels[1] % 32 == 0 for pixels, _ in CPU.labelled)
