"""`sdpaint prompt explain`."""

from __future__ import annotations

import json

import pytest

from sdpaint import cli


def explain(capsys, *arguments):
    code = cli.main(["prompt", "explain", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_json_holds_schedule_weights_tokens_chunks_and_warnings(capsys):
    code, out, _ = explain(capsys, "a [red:blue:.5] (sun:1.3) AND sea", "--steps", "10", "--json")

    found = json.loads(out)
    assert code == 0
    assert found["schedule"] == [[5, "a red (sun:1.3) AND sea"], [10, "a blue (sun:1.3) AND sea"]]
    assert found["weights"] == [["a red ", 1.0], ["sun", 1.3], [" AND sea", 1.0]]
    assert found["tokens"] == sum(found["chunk_tokens"]) > 4
    assert found["chunks"] == len(found["chunk_tokens"]) == 1
    assert len(found["warnings"]) == 1


def test_a_long_prompt_is_told_in_chunks(capsys):
    _, out, _ = explain(capsys, "sun, " * 100, "--json")

    found = json.loads(out)
    assert found["tokens"] == 200
    assert found["chunks"] == len(found["chunk_tokens"]) > 1


def test_words_say_the_same(capsys):
    _, out, _ = explain(capsys, "[dawn|dusk] <lora:ink:0.5>", "--steps", "2")

    assert "step 1: dawn" in out
    assert "step 2: dusk" in out
    assert "adapter ink: text 0.5, UNet 0.5" in out


def test_wildcards_come_from_a_folder_and_go_by_the_seed(capsys, tmp_path):
    (tmp_path / "time.txt").write_text("dawn\ndusk\nnoon\n", encoding="utf-8")
    texts = {
        json.loads(explain(capsys, "__time__", "--json", "--seed", str(seed), "--wildcards", str(tmp_path))[1])["text"]
        for seed in range(20)
    }

    assert texts == {"dawn", "dusk", "noon"}


@pytest.mark.parametrize("arguments", [["--steps", "0"], ["--steps", "x"], ["--seed", "-1"]])
def test_numbers_out_of_range_are_refused(capsys, arguments):
    with pytest.raises(SystemExit) as end:
        cli.main(["prompt", "explain", "a", *arguments])

    assert end.value.code == 2
