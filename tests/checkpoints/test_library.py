"""Folders of other programs are looked through where they are: each kind is found, nothing is read twice or changed."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from sdpaint.checkpoints.component import Architecture, Kind, Prediction
from sdpaint.checkpoints.folders import MAX_DEPTH, Program, hub_cache, known_folders, program_of
from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.checkpoints.known_headers import _RULES, KnownHeaders
from sdpaint.checkpoints.library import Library, Scan, read_license
from sdpaint.checkpoints.marks import MarksFile, user_marks
from sdpaint.paths import starter_checkpoint
from tests.checkpoints.headers import LDM_VAE, kohya_lora, sd_checkpoint, sdxl_checkpoint, write_file

LORA = kohya_lora({"lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k": 768})
CONTROL = {"control_model.input_hint_block.0.weight": (16, 3, 3, 3),
           "control_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight": (320, 768)}  # fmt: skip
IP_ADAPTER = {"ip_adapter.1.to_k_ip.weight": (320, 768), "image_proj.proj.weight": (3072, 1024)}
T2I = {"adapter.conv_in.weight": (320, 192, 3, 3), "adapter.body.0.block1.weight": (320, 320, 3, 3)}
EMBEDDING = {"emb_params": (4, 768)}
UPSCALER = {"body.0.rdb1.conv1.weight": (32, 64, 3, 3)}
UNET = {name.removeprefix("model.diffusion_model."): shape for name, shape in sd_checkpoint().items()
        if name.startswith("model.")}  # fmt: skip


def put(folder: Path, files: dict[str, dict | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            write_file(path, content)
    return folder


A1111 = {
    "models/Stable-diffusion/photo.safetensors": sd_checkpoint(),
    "models/Stable-diffusion/photo.preview.png": b"picture",
    "models/Stable-diffusion/deep/er/xl.safetensors": sdxl_checkpoint(),
    "models/Stable-diffusion/old.ckpt": b"PK\x03\x04",
    "models/Lora/ink.safetensors": LORA,
    "models/Lora/ink.png": b"picture",
    "models/VAE/fine.safetensors": LDM_VAE,
    "models/ControlNet/lines.safetensors": CONTROL,
    "models/ESRGAN/sharp.pth": b"PK\x03\x04",
    "models/GFPGAN/faces.pth": b"PK\x03\x04",
    "embeddings/style.safetensors": EMBEDDING,
    "embeddings/worse.pt": b"PK\x03\x04",
    "extensions/sd-webui-controlnet/models/depth.safetensors": CONTROL,
}
COMFYUI = {
    "models/checkpoints/photo.safetensors": sd_checkpoint(),
    "models/diffusion_models/net.safetensors": UNET,
    "models/loras/a/b/ink.safetensors": LORA,
    "models/vae/fine.safetensors": LDM_VAE,
    "models/controlnet/lines.safetensors": CONTROL,
    "models/controlnet/t2i.safetensors": T2I,
    "models/ipadapter/face.safetensors": IP_ADAPTER,
    "models/embeddings/style.safetensors": EMBEDDING,
    "models/upscale_models/sharp.safetensors": UPSCALER,
    "models/text_encoders/strange.safetensors": {"something.weight": (4, 4)},
}


def found(scan: Scan) -> dict[str, Kind]:
    return {entry.name: entry.kind for entry in scan.entries if entry.program is not Program.SDPAINT}


def test_the_folders_of_a1111_are_found_with_their_kinds_and_previews(tmp_path):
    root = put(tmp_path / "webui", A1111)

    scan = Library().scan([root])

    assert found(scan) == {
        "photo": Kind.CHECKPOINT, "xl": Kind.CHECKPOINT, "old": Kind.CHECKPOINT, "ink": Kind.LORA, "fine": Kind.VAE,
        "lines": Kind.CONTROLNET, "depth": Kind.CONTROLNET, "sharp": Kind.UPSCALER, "style": Kind.EMBEDDING,
        "worse": Kind.EMBEDDING,
    }  # fmt: skip
    pictures = {entry.name: entry.picture.name for entry in scan.entries if entry.picture is not None}
    assert pictures == {"photo": "photo.preview.png", "ink": "ink.png"}
    assert {entry.name for entry in scan.entries if entry.is_pickled} == {"old", "sharp", "worse"}
    assert {info.name for info in scan.checkpoints} == {"Starter", "photo", "xl"}
    assert scan.describe(root).startswith("A1111 or Forge: 3 checkpoints")


def test_the_models_folder_of_a1111_can_be_given_as_well(tmp_path):
    root = put(tmp_path / "webui", A1111)

    assert program_of(root / "models") is Program.A1111
    assert "photo" in found(Library().scan([root / "models"]))


def test_the_folders_of_comfyui_are_found_with_their_kinds(tmp_path):
    root = put(tmp_path / "ComfyUI", COMFYUI)

    scan = Library().scan([root])

    assert found(scan) == {
        "photo": Kind.CHECKPOINT, "net": Kind.DIFFUSION_MODEL, "ink": Kind.LORA, "fine": Kind.VAE,
        "lines": Kind.CONTROLNET, "t2i": Kind.T2I_ADAPTER, "face": Kind.IP_ADAPTER, "style": Kind.EMBEDDING,
        "sharp": Kind.UPSCALER, "strange": Kind.TEXT_ENCODER,
    }  # fmt: skip
    assert scan.describe(root).startswith("ComfyUI: ")


def test_the_further_folders_of_comfyui_are_looked_through(tmp_path, monkeypatch):
    put(tmp_path / "shared", {"sd/photo.safetensors": sd_checkpoint(), "l1/ink.safetensors": LORA,
                              "l2/pen.safetensors": LORA, "sd/old.pt": b"PK\x03\x04"})  # fmt: skip
    root = put(tmp_path / "ComfyUI", {"models/vae/fine.safetensors": LDM_VAE})
    monkeypatch.setenv("SHARED", str(tmp_path / "shared"))
    (root / "extra_model_paths.yaml").write_text(
        "a111:\n    base_path: $SHARED\n    checkpoints: sd\n    configs: sd\n    loras: |\n        l1\n        l2/\n"
        "other:\n    vae: nowhere\n"
    )

    assert found(Library().scan([root])) == {
        "photo": Kind.CHECKPOINT, "old": Kind.CHECKPOINT, "ink": Kind.LORA, "pen": Kind.LORA, "fine": Kind.VAE
    }  # fmt: skip


@pytest.mark.parametrize("text", ["a: [", "- 1\n- 2", "a: 3", "\0", "a: &x [*x]"])
def test_a_list_of_folders_that_is_none_keeps_nothing_from_being_found(tmp_path, text):
    root = put(tmp_path / "ComfyUI", COMFYUI)
    (root / "extra_model_paths.yaml").write_text(text)

    assert len(found(Library().scan([root]))) == len(COMFYUI)


def invoke(root: Path, rows: list[str]) -> Path:
    (root / "databases").mkdir(parents=True)
    with sqlite3.connect(root / "databases" / "invokeai.db") as db:
        db.execute("CREATE TABLE models (id TEXT PRIMARY KEY, config TEXT NOT NULL)")
        db.executemany("INSERT INTO models VALUES (?, ?)", enumerate(rows))
    db.close()
    return root


def test_the_folders_of_invokeai_are_found_under_the_names_that_its_database_says(tmp_path):
    put(tmp_path, {"elsewhere/style.safetensors": LORA})
    rows = [
        json.dumps({"path": "sd-1/main/a1b2/model.safetensors", "name": "Dream"}),
        json.dumps({"path": "c3d4", "name": "Lines"}),
        json.dumps({"path": str(tmp_path / "elsewhere" / "style.safetensors"), "name": "Style"}),
        "not JSON",
        "{}",
    ]
    root = put(invoke(tmp_path / "invokeai", rows), {
        "models/sd-1/main/a1b2/model.safetensors": sd_checkpoint(),
        "models/c3d4/lines.safetensors": CONTROL,
        "models/any/vae/fine.safetensors": LDM_VAE,
    })  # fmt: skip
    before = (root / "databases" / "invokeai.db").read_bytes()

    assert found(Library().scan([root])) == {
        "Dream": Kind.CHECKPOINT, "Lines": Kind.CONTROLNET, "Style": Kind.LORA, "fine": Kind.VAE
    }  # fmt: skip
    assert (root / "databases" / "invokeai.db").read_bytes() == before
    assert sorted(path.name for path in (root / "databases").iterdir()) == ["invokeai.db"]


def test_a_database_of_another_make_keeps_nothing_from_being_found(tmp_path):
    root = put(tmp_path / "invokeai", {"models/sd-1/main/photo.safetensors": sd_checkpoint(),
                                       "databases/invokeai.db": b"none at all"})  # fmt: skip

    assert found(Library().scan([root])) == {"photo": Kind.CHECKPOINT}


def hub(root: Path) -> Path:
    """The hub's cache: files are links to blobs; a repository may be there in part, and in several states."""
    for repo, commit, files in (
        ("models--painters--tiny", "aaa", None),
        ("models--painters--ink", "bbb", {"pytorch_lora_weights.safetensors": LORA}),
        ("models--painters--ink", "old", {"pytorch_lora_weights.safetensors": LDM_VAE}),
        ("models--painters--part", "ccc", {"model_index.json": b'{"_class_name": "StableDiffusionPipeline"}'}),
        ("models--writers--words", "ddd", {"model.safetensors": {"model.layers.0.self_attn.q_proj.weight": (4, 4)}}),
        ("models--empty--one", "eee", {}),
    ):
        snapshot = root / repo / "snapshots" / commit
        snapshot.mkdir(parents=True)
        if commit != "old":
            (root / repo / "refs").mkdir(exist_ok=True)
            (root / repo / "refs" / "main").write_text(commit)
        if files is None:
            shutil.copytree(starter_checkpoint(), snapshot, dirs_exist_ok=True)
            (snapshot / "sdpaint.json").unlink()
            continue
        blobs = root / repo / "blobs"
        for name, content in files.items():
            put(blobs, {f"{commit}-{name}": content})
            (snapshot / name).symlink_to(blobs / f"{commit}-{name}")
    return root


def test_the_cache_of_the_hub_is_found_by_repository_in_its_present_state(tmp_path):
    cache = hub(tmp_path / "hub")

    assert found(Library().scan([cache])) == {"painters/tiny": Kind.CHECKPOINT, "painters/ink": Kind.LORA}
    assert program_of(tmp_path) is Program.HUB_CACHE


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"HF_HUB_CACHE": "/a/b", "HF_HOME": "/c"}, "/a/b"),
        ({"HF_HOME": "/c"}, "/c/hub"),
        ({"XDG_CACHE_HOME": "/d"}, "/d/huggingface/hub"),
        ({}, "own/.cache/huggingface/hub"),
    ],
)
def test_the_place_of_the_hubs_cache_follows_its_variables(monkeypatch, variables, expected):
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert hub_cache(Path("own")) == Path(expected)


def test_only_folders_that_are_there_are_offered(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(hub(tmp_path / "hub")))
    put(tmp_path / "ComfyUI", COMFYUI)
    (tmp_path / "invokeai").mkdir()

    assert known_folders(tmp_path) == (
        (Program.COMFYUI, tmp_path / "ComfyUI"), (Program.HUB_CACHE, tmp_path / "hub")
    )  # fmt: skip


def test_links_in_a_circle_end_and_what_two_programs_share_is_listed_once(tmp_path):
    webui = put(tmp_path / "webui", A1111)
    comfy = put(tmp_path / "ComfyUI", {"models/checkpoints/own.safetensors": sdxl_checkpoint(),
                                       "models/loras/pen.safetensors": LORA})  # fmt: skip
    (comfy / "models" / "loras" / "shared").symlink_to(webui / "models" / "Lora")
    (comfy / "models" / "loras" / "up").symlink_to(comfy)
    (comfy / "models" / "loras" / "self").symlink_to("self")
    (comfy / "models" / "loras" / "gone.safetensors").symlink_to("nowhere")

    names = [entry.name for entry in Library().scan([comfy, webui]).entries]

    assert names.count("ink") == 1
    assert names.count("own") == 1
    assert "gone" not in names


def test_depth_has_an_end(tmp_path):
    deep = tmp_path / "/".join(["d"] * MAX_DEPTH)
    put(tmp_path, {f"{deep}/reached.safetensors": LORA, f"{deep}/d/beyond.safetensors": LORA})

    assert found(Library().scan([tmp_path])) == {"reached": Kind.LORA}


def test_a_second_look_reads_no_header_not_even_in_another_run(tmp_path):
    root = put(tmp_path / "webui", A1111)
    shutil.copytree(starter_checkpoint(), root / "models" / "Stable-diffusion" / "folder")
    first = KnownHeaders(tmp_path / "cache.json")
    before = Library(first).scan([root])
    assert first.reads > 5

    again = KnownHeaders(tmp_path / "cache.json")
    after = Library(again).scan([root])

    assert again.reads == 0
    assert after.entries == before.entries
    write_file(root / "models" / "Lora" / "ink.safetensors", {**LORA, **EMBEDDING})
    Library(again).scan([root])
    assert again.reads == 1


@pytest.mark.parametrize("text", ["", "{", '"0/0"', f'"{_RULES}"\n[1, 2]', f'"{_RULES}"\n["a", 1, 2, {{}}]'])
def test_what_was_remembered_and_is_damaged_is_read_anew(tmp_path, text):
    put(tmp_path, {"ink.safetensors": LORA})
    (tmp_path / "cache.json").write_text(text)
    headers = KnownHeaders(tmp_path / "cache.json")

    assert found(Library(headers).scan([tmp_path])) == {"ink": Kind.LORA}
    assert headers.reads > 0


def test_nothing_is_written_into_the_folders(tmp_path):
    root = put(tmp_path / "webui", A1111)
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}

    Library.of_user().scan([root])

    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before


def test_a_torn_file_is_listed_with_what_is_wrong(tmp_path):
    put(tmp_path, {"loras/torn.safetensors": b"12345678", "loras/ink.safetensors": LORA})

    torn = next(entry for entry in Library().scan([tmp_path]).entries if entry.name == "torn")

    assert torn.kind is Kind.LORA
    assert "damaged" in torn.problem.message
    assert torn.problem.hint


def test_a_look_can_be_cut_short(tmp_path):
    put(tmp_path, {f"{number}.safetensors": LORA for number in range(10)})
    headers = KnownHeaders()

    Library(headers).scan([tmp_path], lambda: headers.reads > 3)

    assert headers.reads < 7


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="everything can be read")
def test_a_folder_that_may_not_be_read_is_passed_over(tmp_path):
    put(tmp_path, {"a/ink.safetensors": LORA, "b/pen.safetensors": LORA})
    (tmp_path / "a").chmod(0)

    assert found(Library().scan([tmp_path])) == {"pen": Kind.LORA}
    (tmp_path / "a").chmod(0o700)


# -- what the artist says ------------------------------------------------------------------------------------------


def test_marks_outlive_the_run_and_follow_a_file_that_is_moved(tmp_path):
    marks = MarksFile(tmp_path / "marks.json")
    file = put(tmp_path / "loras", {"ink.safetensors": LORA}) / "ink.safetensors"
    facts = file.stat()
    marks.change([file], facts.st_size, facts.st_mtime_ns, favourite=True, note="for hatching", sha256="ab" * 32)
    (tmp_path / "loras" / "new").mkdir()
    file.rename(tmp_path / "loras" / "new" / "ink.safetensors")

    entry = Library(marks=MarksFile(tmp_path / "marks.json")).scan([tmp_path / "loras"]).entries[-1]

    assert (entry.marks.favourite, entry.marks.note, entry.sha256) == (True, "for hatching", "ab" * 32)
    assert entry.marks.auto_v2 == "ababababab"
    assert Library(marks=marks).scan([tmp_path / "loras"]).entries[-1].marks.favourite


def test_a_hash_counts_only_while_the_file_is_the_same(tmp_path):
    marks = MarksFile(tmp_path / "marks.json")
    file = put(tmp_path / "loras", {"ink.safetensors": LORA}) / "ink.safetensors"
    facts = file.stat()
    marks.change([file], facts.st_size, facts.st_mtime_ns, sha256="ab" * 32)
    write_file(file, {**LORA, **EMBEDDING})

    assert Library(marks=marks).scan([tmp_path / "loras"]).entries[-1].sha256 == ""


def test_damaged_marks_are_set_aside_and_not_lost(tmp_path):
    (tmp_path / "marks.json").write_text("{")
    marks = MarksFile(tmp_path / "marks.json")

    marks.change([tmp_path / "a"], favourite=True)

    assert MarksFile(tmp_path / "marks.json").of(tmp_path / "a").favourite
    assert (tmp_path / "marks.damaged.json").read_text() == "{"


def test_two_programs_that_write_marks_keep_each_others(tmp_path):
    one, other = MarksFile(tmp_path / "marks.json"), MarksFile(tmp_path / "marks.json")
    one.change([tmp_path / "a"], favourite=True)
    other.change([tmp_path / "b"], note="written later")
    one.change([tmp_path / "c"], hidden=True)

    assert set(MarksFile(tmp_path / "marks.json").all()) == {str(tmp_path / name) for name in "abc"}


def test_the_artists_word_on_the_prediction_counts_wherever_the_file_is_used(tmp_path):
    file = put(tmp_path, {"anime.safetensors": sd_checkpoint(width=1024)}) / "anime.safetensors"
    assert read_checkpoint(file).configs.name == "sd2"

    user_marks().change([file], prediction=Prediction.V, architecture=Architecture.SD2)

    assert read_checkpoint(file).configs.name == "sd2-v"
    assert read_checkpoint(file).prediction is Prediction.V


def test_the_licence_is_what_a_header_or_a_card_states(tmp_path):
    write_file(tmp_path / "ink.safetensors", LORA, {"modelspec.license": "CC0"})
    shutil.copytree(starter_checkpoint(), tmp_path / "folder")
    (tmp_path / "folder" / "README.md").write_text("---\ntags: [a]\nlicense: openrail++\n---\nlicense: none\n")

    by_name = {entry.path.name: read_license(entry) for entry in Library().scan([tmp_path]).entries}

    assert by_name["ink.safetensors"] == "CC0"
    assert by_name["folder"] == "openrail++"
