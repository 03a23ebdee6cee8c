import pytest
from starter_checkpoint import make
from starter_checkpoint.config import CPU, FULL, RECIPES, REHEARSAL, with_minutes

pytestmark = pytest.mark.filterwarnings(
    "ignore::FutureWarning", "ignore::DeprecationWarning", "ignore::UserWarning"
)


def run(folder, *arguments):
    return make.main(
        [*arguments, "--recipe", "rehearsal", "--work", str(folder), "--workers", "0", "--device", "cpu"]
    )


def test_a_stage_that_ran_out_of_minutes_asks_to_be_called_again(tmp_path, capsys):
    assert run(tmp_path, "autoencoder", "--minutes", "0") == make.UNFINISHED
    assert "not done yet" in capsys.readouterr().out
    assert run(tmp_path, "autoencoder") == 0
    assert run(tmp_path, "autoencoder") == 0
    assert "done before" in capsys.readouterr().out


def test_the_tokenizer_is_made_once(tmp_path):
    assert run(tmp_path, "tokenizer") == 0
    made = (tmp_path / "tokenizer" / "tokenizer.json").stat().st_mtime_ns
    assert run(tmp_path, "tokenizer") == 0
    assert (tmp_path / "tokenizer" / "tokenizer.json").stat().st_mtime_ns == made


def test_pieces_need_a_folder(tmp_path):
    with pytest.raises(SystemExit, match="2"):
        run(tmp_path, "pack")


def test_without_a_gpu_other_stages_take_the_place_of_cache_and_unet():
    assert make.ON_CPU_ORDER.index("labelled") < make.ON_CPU_ORDER.index("unet-cpu")
    assert not {"cache", "unet"} & set(make.ON_CPU_ORDER)
    assert len(make.ON_CPU_ORDER) == len(make.ORDER)


def test_a_budget_stretches_every_training():
    longer = with_minutes(FULL, 33.0)
    assert {length.cuda_minutes for length in longer.lengths.values()} == {33.0}
    assert {length.steps for length in longer.lengths.values()} == {
        length.steps for length in FULL.lengths.values()
    }


def test_every_recipe_knows_the_length_of_every_training():
    assert RECIPES == {"full": FULL, "cpu": CPU, "rehearsal": REHEARSAL}
    assert set(FULL.lengths) == set(REHEARSAL.lengths) <= set(make.ORDER)
