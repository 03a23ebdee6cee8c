import json

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionPipeline
from starter_checkpoint import autoencoder, classifier, controlnet, export, live, tokenizer, transfer, unet
from starter_checkpoint.config import FULL, HELD_OUT, LATENT_CHANNELS, LATENT_SCALE, REHEARSAL
from starter_checkpoint.data import Wanted, held_out, stream
from starter_checkpoint.evaluate import evaluate
from starter_checkpoint.lines import roughened
from starter_checkpoint.networks import Noise, build_text_encoder, build_unet, draw_timesteps
from starter_checkpoint.pool import Pool, write_cache
from starter_checkpoint.run import open_run
from starter_checkpoint.world import make_plan
from starter_checkpoint.world.dice import Dice
from starter_checkpoint.world.palettes import TIMES

pytestmark = pytest.mark.filterwarnings(
    "ignore::FutureWarning", "ignore::DeprecationWarning", "ignore::UserWarning"
)


def rehearsal(folder, minutes=5.0):
    return open_run(REHEARSAL, folder, minutes, workers=0, device="cpu")


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Toy networks gain nothing from a second thread, and wait long for it on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """All stages in toy sizes, once."""
    folder = tmp_path_factory.mktemp("starter")
    run = rehearsal(folder)
    assert autoencoder.train(run)
    tokenizer.train(run)
    assert write_cache(run, tokenizer.load(folder))
    assert unet.train(rehearsal(folder))
    assert live.train(rehearsal(folder))
    assert controlnet.train(rehearsal(folder))
    export.export(rehearsal(folder))
    return folder


@pytest.mark.slow
def test_the_exported_checkpoint_paints_with_diffusers_own_pipeline(made):
    pipeline = StableDiffusionPipeline.from_pretrained(made / "export" / "starter", safety_checker=None).to(
        torch.float32
    )
    pipeline.set_progress_bar_config(disable=True)
    image = pipeline("a red balloon", num_inference_steps=2, output_type="np", width=128, height=64).images[0]
    assert image.shape == (64, 128, 3)
    assert np.isfinite(image).all()


@pytest.mark.slow
def test_exported_weights_are_half_precision_and_facts_stand_beside_them(made):
    starter = made / "export" / "starter"
    facts = json.loads((starter / "sdpaint.json").read_text())
    assert facts["native_px"] == 256
    rows = json.loads((starter / "preview_map.json").read_text())["latent_rgb"]
    assert [len(row) for row in rows] == [3] * (LATENT_CHANNELS + 1)
    text = (starter / "unet" / "config.json").read_text() + (starter / "README.md").read_text()
    assert str(made) not in text
    assert "CC0" in text


@pytest.mark.slow
def test_the_application_knows_what_was_exported(made):
    from sdpaint.checkpoints.identify import read_checkpoint

    info = read_checkpoint(made / "export" / "starter")
    assert info.native_px == 256
    assert info.guidance_scale == 4.0
    assert read_checkpoint(made / "export" / "starter-live").steps == 4


@pytest.mark.slow
def test_a_run_goes_on_from_its_pieces_on_another_machine(made, tmp_path):
    pieces = transfer.pack(made, tmp_path / "pieces")
    assert all(piece.stat().st_size <= transfer.PIECE_BYTES for piece in pieces)
    run = rehearsal(tmp_path / "there")
    transfer.unpack(run, tmp_path / "pieces")
    first, second = (torch.load(folder / "unet.state.pt", weights_only=True) for folder in (made, run.folder))
    assert second["step"] == first["step"]
    torch.testing.assert_close(second["average"][0].float(), first["average"][0], atol=1e-3, rtol=1e-3)
    names = {path.name for path in export.export(run)}
    assert names == {"starter", "starter-live", "starter-controlnet-lineart"}


@pytest.mark.slow
def test_pieces_may_hold_some_stages_only(made, tmp_path):
    transfer.pack(made, tmp_path / "pieces", ["autoencoder"])
    run = rehearsal(tmp_path / "there")
    transfer.unpack(run, tmp_path / "pieces")
    assert (run.folder / "vae" / "config.json").is_file()
    assert not (run.folder / "unet").exists()


@pytest.mark.slow
def test_evaluation_measures_what_was_exported_and_shows_it(made):
    assert classifier.train(rehearsal(made))
    measures = evaluate(rehearsal(made), count=3, threads=1)
    assert {"obedience", "obedience of the live sibling", "Fréchet distance to held-out renders"} <= set(
        measures
    )
    assert measures["seconds, 20 steps, CPU"] > 0
    shown = {path.stem for path in (made / "evaluation").glob("*.jpg")}
    assert {"samples", "variety", "img2img", "inpainting", "controlnet", "live-1-steps"} <= shown
    export.export(rehearsal(made))
    card = (made / "export" / "starter" / "README.md").read_text()
    assert "inpainting.jpg" in card
    assert "obedience" in card


def test_training_goes_on_where_it_was_interrupted(tmp_path):
    assert not autoencoder.train(rehearsal(tmp_path, minutes=0.0))
    assert torch.load(tmp_path / "autoencoder.state.pt", weights_only=True)["step"] == 0
    assert autoencoder.train(rehearsal(tmp_path))
    assert torch.load(tmp_path / "autoencoder.state.pt", weights_only=True)["step"] == 6
    assert autoencoder.train(rehearsal(tmp_path))
    assert torch.load(tmp_path / "autoencoder.state.pt", weights_only=True)["step"] == 6


def test_what_is_done_is_not_begun_again(tmp_path):
    run = rehearsal(tmp_path)
    assert not run.stage("autoencoder").was_done()
    assert not autoencoder.train(rehearsal(tmp_path, minutes=0.0))
    assert not run.stage("autoencoder").was_done()
    assert autoencoder.train(run)
    assert run.stage("autoencoder").was_done()


def test_stages_out_of_order_say_which_comes_first(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"make\.py tokenizer"):
        unet.train(rehearsal(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"make\.py unet"):
        live.load_parts(rehearsal(tmp_path))
    with pytest.raises(FileNotFoundError, match="no pieces"):
        transfer.unpack(rehearsal(tmp_path), tmp_path / "none")


def test_unknown_words_become_letters_not_nothing(tmp_path):
    tokenizer.train(rehearsal(tmp_path))
    words = tokenizer.load(tmp_path)
    ids = words("a zebra in Zürich 🎈").input_ids
    assert words.unk_token_id not in ids[1:-1]
    assert "zebra" in words.decode(ids)


def test_the_same_pictures_come_from_any_place_in_the_stream():
    source = stream(Wanted(0, 2, seed=5), workers=0)
    next(source)
    second = next(source)
    again = next(stream(Wanted(1, 2, seed=5), workers=0))
    assert torch.equal(second.images, again.images)
    assert second.captions == again.captions


def test_training_never_sees_held_out_pictures():
    shown = {plan.seed for plan in next(stream(Wanted(0, 4, seed=7), workers=0)).plans}
    assert not shown & {plan.seed for plan in held_out(8).plans}


def test_v_leads_back_to_picture_and_noise():
    torch.manual_seed(0)
    latents, noise = torch.randn(6, 4, 8, 8), torch.randn(6, 4, 8, 8)
    timesteps = torch.tensor([0, 10, 200, 500, 900, 999])
    schedule = Noise(torch.device("cpu"))
    noisy, v = schedule.add(latents, noise, timesteps)
    torch.testing.assert_close(schedule.x0(noisy, v, timesteps), latents, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(schedule.noise(noisy, v, timesteps), noise, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(noisy[-1], noise[-1])


def test_timesteps_favour_the_middle_and_pure_noise():
    drawn = draw_timesteps(20000, torch.device("cpu"), torch.Generator().manual_seed(0))
    assert (drawn == 999).float().mean() > 0.015
    assert ((drawn > 250) & (drawn < 750)).float().mean() > 0.5
    assert drawn.min() >= 0


def test_consistency_is_the_identity_at_the_path_s_end():
    skip, out = live.boundary(torch.tensor([0, 999]))
    assert skip[0].item() == 1.0
    assert out[0].item() == 0.0
    assert skip[1].item() < 1e-4


def test_the_preview_map_finds_a_linear_relation():
    torch.manual_seed(1)
    latents = torch.randn(2, 4, 16, 16)
    rows, bias = torch.randn(4, 3) * 0.1, torch.tensor([0.1, -0.2, 0.3])
    small = (latents.permute(0, 2, 3, 1) @ rows + bias).permute(0, 3, 1, 2)
    pictures = small.repeat_interleave(LATENT_SCALE, 2).repeat_interleave(LATENT_SCALE, 3)
    found, explained = autoencoder.fit_preview_map(latents, pictures)
    torch.testing.assert_close(torch.tensor(found[:4]), rows, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(torch.tensor(found[4]), bias, atol=1e-4, rtol=1e-4)
    assert explained > 0.999


def test_a_pool_forgets_the_oldest_pictures():
    pool = Pool(60, torch.device("cpu"))
    for value in range(40):
        pool.add(torch.full((8, 4, 64, 64), float(value)), torch.zeros(8, 4, 6, dtype=torch.int16))
    assert pool.count <= 60
    latents, ids = pool.draw(16, square=True, generator=torch.Generator().manual_seed(0))
    assert latents.shape == (16, 4, 64, 64)
    assert ids.shape == (16, 6)
    assert latents.min() >= 32


def test_rough_lines_are_still_the_same_drawing():
    lines = np.zeros((128, 128), np.uint8)
    lines[64, 10:118] = 255
    lines[20:100, 40] = 255
    kept = 0
    for seed in range(12):
        rough = roughened(lines, Dice(seed))
        assert rough.shape == lines.shape
        kept += int((rough[50:80].max(1) > 60).any())
    assert kept >= 10
    assert not np.array_equal(roughened(lines, Dice(1)), roughened(lines, Dice(2)))


def test_equal_clouds_are_at_no_distance():
    torch.manual_seed(0)
    cloud = torch.randn(400, 8)
    assert classifier.frechet_distance(cloud, cloud) == pytest.approx(0.0, abs=1e-6)
    assert classifier.frechet_distance(cloud, cloud + 2.0) == pytest.approx(32.0, rel=0.01)


def test_the_judge_is_told_what_can_be_seen_and_where():
    seeds = range(HELD_OUT, HELD_OUT + 30)
    pictures = classifier.drawn(seeds)
    castle, moon = classifier.THINGS.index("castle"), classifier.THINGS.index("moon")
    assert pictures.images.shape == (30, 192, 192, 3)
    for seed, answers, place in zip(seeds, pictures.answers, pictures.where, strict=True):
        plan = make_plan(seed)
        assert TIMES[int(answers[0])] == plan.time
        assert bool(answers[3 + classifier.THINGS.index("stars")]) == bool(plan.stars)
        for index, is_planned in (
            (moon, bool(plan.moon)),
            (castle, any(thing.kind == "castle" for thing in plan.things)),
        ):
            assert bool(answers[3 + index]) == bool(place[index].any())
            assert is_planned or not answers[3 + index]
    assert pictures.answers[:, 3 + moon].any()


def test_the_judge_sees_each_picture_once_a_round():
    batches = classifier.shuffled(12, 4, 1, 0)
    first = [next(batches) for _ in range(3)]
    second = [next(batches) for _ in range(3)]
    assert sorted(torch.cat(first).tolist()) == sorted(torch.cat(second).tolist()) == list(range(12))
    assert torch.cat(first).tolist() != torch.cat(second).tolist()
    assert next(classifier.shuffled(12, 4, 1, 4)).tolist() == second[1].tolist()


def test_the_shipped_sizes_fit_their_limits():
    class Words:
        bos_token_id = eos_token_id = pad_token_id = 1

        def __len__(self):
            return FULL.text.vocabulary

    with torch.device("meta"):
        network = build_unet(FULL.unet, FULL.text)
        text = build_text_encoder(FULL.text, Words())
        vae = autoencoder.build(FULL.autoencoder)
    size_mb = {
        name: 2 * sum(p.numel() for p in part.parameters()) / 1e6
        for name, part in {"unet": network, "text": text, "vae": vae}.items()
    }
    assert sum(size_mb.values()) < export.LIMITS_MB["starter-live"] - 0.5
    guide = controlnet.build(build_unet(FULL.unet, FULL.text))
    assert (
        2 * sum(p.numel() for p in guide.parameters()) / 1e6 < export.LIMITS_MB["starter-controlnet-lineart"]
    )
