"""Brushes of Photoshop and MyPaint."""

from __future__ import annotations

import json
import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.brushes.abr import parse_abr
from sdpaint.brushes.library import BrushFolder
from sdpaint.brushes.myb import parse_myb
from sdpaint.errors import FileError
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.dynamics import Drive, Property, Readings, Sensor

RNG = np.random.default_rng(4)
TIP = RNG.integers(0, 256, (7, 11), np.uint8)
ID = "d1a54a3e-0a1f-11dd-9c2b-0123456789ab"


def packed(row: bytes) -> bytes:
    """PackBits: runs of a byte, and what lies between them."""
    out, at = b"", 0
    while at < len(row):
        run = 1
        while at + run < len(row) and row[at + run] == row[at] and run < 128:
            run += 1
        if run > 1:
            out += bytes((257 - run, row[at]))
        else:
            out += bytes((0, row[at]))
        at += run
    return out


def picture(pixels: np.ndarray, compression: int = 0, depth: int = 8) -> bytes:
    height, width = pixels.shape
    rows = [row.tobytes() if depth == 8 else bytes(b for value in row for b in (value, 99)) for row in pixels]
    body = b"".join(rows)
    if compression:
        lines = [packed(row) for row in rows]
        body = struct.pack(f">{height}H", *map(len, lines)) + b"".join(lines)
    return struct.pack(">4ihB", 0, 0, height, width, depth, compression) + body


def text(words: str) -> bytes:
    return struct.pack(">I", len(words) + 1) + (words + "\0").encode("utf-16-be")


def old_file(version: int, *pictures: bytes) -> bytes:
    data = struct.pack(">hh", version, len(pictures) + 1)
    data += struct.pack(">hI", 1, 14) + bytes(14)     # a computed brush, passed over
    for part in pictures:
        name = text("Dry leaf") if version == 2 else b""
        record = struct.pack(">ih", 0, 40) + name + b"\1" + bytes(8) + part
        data += struct.pack(">hI", 2, len(record)) + record
    return data


def key(name: bytes) -> bytes:
    return struct.pack(">I", 0) + name if len(name) == 4 else struct.pack(">I", len(name)) + name


def thing(items: dict[bytes, bytes]) -> bytes:
    return text("") + key(b"null") + struct.pack(">I", len(items)) + b"".join(key(k) + v for k, v in items.items())


def described(**more: bytes) -> bytes:
    brush = {
        b"Dmtr": b"UntF#Pxl" + struct.pack(">d", 40.0),
        b"Angl": b"UntF#Ang" + struct.pack(">d", 30.0),
        b"Rndn": b"UntF#Prc" + struct.pack(">d", 50.0),
        b"Spcn": b"UntF#Prc" + struct.pack(">d", 15.0),
        b"sampledData": b"TEXT" + text(ID),
        b"Intr": b"bool\1",
    }
    preset = {b"Nm  ": b"TEXT" + text("Wet edge"), b"Brsh": b"Objc" + thing(brush), b"flow": b"long" + bytes(4)}
    presets = b"VlLs" + struct.pack(">I", 1) + b"Objc" + thing(preset)
    return struct.pack(">I", 16) + thing({b"Brsh": presets})


def block(name: bytes, data: bytes) -> bytes:
    return b"8BIM" + name + struct.pack(">I", len(data)) + data + bytes(-len(data) % 4)


def new_file(subversion: int, part: bytes, desc: bytes = b"", version: int = 6) -> bytes:
    head = b"$" + ID.encode() + bytes({1: 47, 2: 301}[subversion] - 37)
    record = head + part
    samples = struct.pack(">I", len(record)) + record + bytes(-len(record) % 4)
    return struct.pack(">hh", version, subversion) + block(b"samp", samples) + block(b"desc", desc)


@pytest.mark.parametrize("compression", [0, 1])
@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("version", [1, 2])
def test_old_files_give_their_sampled_tips(version, depth, compression):
    (tip,) = parse_abr(old_file(version, picture(TIP, compression, depth)), "leaves")
    assert np.array_equal(tip.pixels, TIP)
    assert tip.spacing == 0.4
    assert tip.name == ("Dry leaf" if version == 2 else "leaves 2")


@pytest.mark.parametrize("version", [6, 7, 10])
@pytest.mark.parametrize("subversion", [1, 2])
def test_new_files_give_tips_with_what_is_said_of_them(subversion, version):
    (tip,) = parse_abr(new_file(subversion, picture(TIP, 1), described(), version), "wet")
    assert np.array_equal(tip.pixels, TIP)
    assert (tip.name, tip.spacing, tip.angle, tip.roundness, tip.size_px) == ("Wet edge", 0.15, 30.0, 0.5, 40.0)


def test_a_description_that_cant_be_read_costs_only_the_names():
    (tip,) = parse_abr(new_file(2, picture(TIP), b"\0\0\0\x10garbage of some length"), "wet")
    assert np.array_equal(tip.pixels, TIP)
    assert tip.name == "wet 1"
    assert tip.spacing is None


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "damaged"),
        (b"\0\3\0\1", "isn't a Photoshop"),
        (b"\0\6\0\x09", "sub-version 9"),
        (old_file(1), "no sampled tips"),
        (old_file(1, picture(TIP))[:-5], "damaged"),
        (old_file(1, struct.pack(">4ihB", 0, 0, 30000, 30000, 8, 0)), "30000×30000"),
        (old_file(1, struct.pack(">4ihB", 5, 0, 1, 1, 8, 0)), "pixels"),
        (new_file(1, struct.pack(">4ihB", 0, 0, 2, 2, 8, 7)), "compression 7"),
        (new_file(1, struct.pack(">4ihB", 0, 0, 2, 2, 32, 0)), "32 bits"),
    ],
)
def test_what_isnt_a_brush_file_is_said(data, says):
    with pytest.raises(FileError, match=says):
        parse_abr(data, "bad")


@given(st.data())
def test_no_bytes_do_more_than_fail(data):
    kind = data.draw(st.sampled_from(["old", "new"]))
    whole = old_file(2, picture(TIP, 1)) if kind == "old" else new_file(2, picture(TIP, 1), described())
    broken = bytearray(whole[: data.draw(st.integers(0, len(whole)))])
    for at in data.draw(st.lists(st.integers(0, max(0, len(broken) - 1)), max_size=6)):
        if broken:
            broken[at] = data.draw(st.integers(0, 255))
    try:
        tips = parse_abr(bytes(broken), "fuzz")
    except FileError:
        return
    assert all(tip.pixels.ndim == 2 and tip.pixels.dtype == np.uint8 for tip in tips)


@given(st.binary(max_size=300))
def test_random_bytes_neither(data):
    for start in (b"", b"\0\1\0\1", b"\0\2\0\1\0\2", b"\0\6\0\2" + b"8BIMsamp"):
        with pytest.raises(FileError):
            parse_abr(start + data[:60] + b"\xff" * 8, "fuzz")


def test_a_file_becomes_presets_with_tips_of_their_own(tmp_path):
    path = tmp_path / "wet.abr"
    path.write_bytes(new_file(2, picture(TIP, 1), described()))
    folder = BrushFolder(tmp_path / "brushes")
    imported = folder.import_file(path)
    ((name, params),) = imported.brushes
    assert name == "Wet edge"
    assert np.array_equal(params.tip.pixels, TIP)
    assert (params.size_px, params.spacing, params.angle, params.roundness) == (40.0, 0.15, 30.0, 0.5)
    assert "dynamics" in imported.note
    with pytest.raises(FileError, match="no brush"):
        folder.import_file(tmp_path / "picture.png")


# -- MyPaint


def myb(**settings) -> bytes:
    made = {
        name: value if isinstance(value, dict) else {"base_value": value, "inputs": {}}
        for name, value in settings.items()
    }
    return json.dumps({"version": 3, "settings": made}).encode()


def driven(params, which: Property, pressure: float) -> float:
    return Drive(params.drivers, 1).factor(which, Readings(pressure=pressure))


def test_radius_dabs_and_shape_are_translated():
    params = parse_myb(
        myb(
            radius_logarithmic=math.log(20),
            hardness=0.4,
            opaque=0.7,
            dabs_per_actual_radius=4.0,
            dabs_per_basic_radius=1.0,
            elliptical_dab_ratio=2.5,
            elliptical_dab_angle=45.0,
            offset_by_random=0.3,
            dabs_per_second=50.0,
        ),
        "x",
    ).params
    assert params.size_px == pytest.approx(40)
    assert (params.hardness, params.opacity, params.roundness) == (0.4, 0.7, 0.4)
    assert params.spacing == pytest.approx(0.1 * 0.4)      # across the ellipse, where it is the narrowest
    assert (params.angle, params.scatter, params.airbrush_hz) == (45.0, 0.3, 50.0)
    assert not params.build_up


def test_pressure_on_the_radius_has_the_same_sizes():
    radius = {"base_value": math.log(10), "inputs": {"pressure": [[0, -1.0], [0.5, 0.0], [1, 0.5]]}}
    params = parse_myb(myb(radius_logarithmic=radius, opaque=1.0), "x").params
    for pressure, log_radius in ((0.0, -1.0), (0.5, 0.0), (1.0, 0.5)):
        size = params.size_px * driven(params, Property.SIZE, pressure)
        assert size == pytest.approx(20 * math.exp(log_radius), rel=0.01)


def test_opacity_by_pressure_is_opaque_times_its_multiplier():
    times = {"base_value": 0.0, "inputs": {"pressure": [[0, 0], [1, 1]]}}
    params = parse_myb(myb(opaque=0.8, opaque_multiply=times), "x").params
    assert params.opacity == pytest.approx(0.8)
    assert driven(params, Property.OPACITY, 0.5) == pytest.approx(0.5, abs=0.02)
    assert driven(params, Property.OPACITY, 0.0) == 0.0


def test_dabs_that_add_up_do_so_here_too():
    params = parse_myb(myb(opaque=0.1, opaque_linearize=0.0), "x").params
    assert params.build_up
    assert params.flow == pytest.approx(0.1)


def test_smudging_erasing_and_colours_by_chance_come_over():
    hue = {"base_value": 0.0, "inputs": {"random": [[0, -0.1], [1, 0.1]]}}
    params = parse_myb(myb(smudge=0.75, smudge_length=0.5, eraser=1.0, color_h=hue), "x").params
    assert params.smudge == 0.75
    assert params.paint_load == 0.25
    assert params.blend_mode is BlendMode.ERASE
    assert [(driver.property, driver.sensor) for driver in params.drivers] == [(Property.HUE, Sensor.RANDOM)]


def test_hardness_scatter_and_roundness_follow_the_pressure_as_they_do_there():
    falls = {"base_value": 0.9, "inputs": {"pressure": [[0, 0], [1, -0.6]]}}
    scatters = {"base_value": 0.5, "inputs": {"pressure": [[0, 1.5], [1, 0]]}}
    flattens = {"base_value": 1.0, "inputs": {"pressure": [[0, 0], [1, 3]]}}
    data = myb(hardness=falls, offset_by_random=scatters, elliptical_dab_ratio=flattens, opaque=1.0)
    found = parse_myb(data, "x")
    assert found.left_out == ()
    for pressure in (0.0, 1.0):
        params = found.params
        assert params.hardness * driven(params, Property.HARDNESS, pressure) == pytest.approx(0.9 - 0.6 * pressure)
        assert params.scatter * driven(params, Property.SCATTER, pressure) == pytest.approx(2.0 - 1.5 * pressure)
        assert params.roundness * driven(params, Property.ROUNDNESS, pressure) == pytest.approx(1 / (1 + 3 * pressure))


def test_of_two_inputs_that_are_added_the_second_is_named():
    both = {"base_value": 0.5, "inputs": {"pressure": [[0, 0], [1, 0.5]], "random": [[0, 0], [1, 0.5]]}}
    assert parse_myb(myb(hardness=both), "x").left_out == ("hardness by random",)
    idle = {"base_value": 0.5, "inputs": {"pressure": [[0, 0], [1, 0]], "speed1": [[0, 0], [4, 0]]}}
    assert parse_myb(myb(hardness=idle, offset_by_speed=idle | {"base_value": 0.0}), "x").left_out == ()


def test_flat_dabs_turn_with_the_stroke_and_by_chance():
    along = {"base_value": 90.0, "inputs": {"direction": [[0, 0], [180, 180]]}}
    params = parse_myb(myb(elliptical_dab_ratio=5.0, elliptical_dab_angle=along), "x").params
    assert params.angle == 90.0
    assert Drive(params.drivers, 1).turn(Readings(direction=0.25)) == pytest.approx(90.0, abs=1.0)
    chance = {"base_value": 10.0, "inputs": {"random": [[0, -30], [1, 60]]}}
    params = parse_myb(myb(elliptical_dab_ratio=5.0, elliptical_dab_angle=chance), "x").params
    drive = Drive(params.drivers, 1)
    turns = [params.angle + drive.turn(Readings()) for _ in range(300)]
    assert min(turns) == pytest.approx(-20, abs=3)
    assert max(turns) == pytest.approx(70, abs=3)
    across, along_it = (
        parse_myb(myb(elliptical_dab_ratio=5.0, elliptical_dab_angle=along | {"base_value": base}), "x").params.spacing
        for base in (90.0, 0.0)
    )
    assert along_it == pytest.approx(5 * across)
    bent = {"base_value": 0.0, "inputs": {"direction": [[0, 0], [90, 20], [180, 180]]}}
    assert parse_myb(myb(elliptical_dab_ratio=5.0, elliptical_dab_angle=bent), "x").left_out == (
        "elliptical dab angle by direction",
    )
    assert parse_myb(myb(elliptical_dab_angle=along), "x").params.drivers == ()     # round dabs


def test_what_cant_be_translated_is_named():
    speed = {"base_value": 1.0, "inputs": {"speed1": [[0, 0], [4, 0.5]]}}
    found = parse_myb(myb(radius_logarithmic=speed, slow_tracking=3.0, lock_alpha=0.0, anti_aliasing=1.0), "x")
    assert found.left_out == ("radius logarithmic by speed1", "slow tracking")


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"{}", b'{"version": 2, "settings": {}}', b'{"version": 3, "settings": {"opaque": 1}}', b"\xff\xfe"],
)
def test_what_isnt_a_mypaint_brush_is_said(data):
    with pytest.raises(FileError, match="MyPaint brush"):
        parse_myb(data, "bad")


number = st.floats(-1e9, 1e9) | st.floats()
names = st.sampled_from(["radius_logarithmic", "opaque", "opaque_multiply", "hardness", "color_h", "smudge", "eraser",
                         "elliptical_dab_ratio", "elliptical_dab_angle", "dabs_per_actual_radius", "offset_by_random",
                         "radius_by_random"])
curves = st.dictionaries(
    st.sampled_from(["pressure", "random", "speed1", "direction"]),
    st.lists(st.tuples(number, number), max_size=5),
    max_size=2,
)


@given(st.dictionaries(names, st.tuples(number, curves), max_size=6))
def test_any_numbers_give_a_brush_or_are_refused(settings):
    data = {name: {"base_value": base, "inputs": inputs} for name, (base, inputs) in settings.items()}
    try:
        parse_myb(json.dumps({"version": 3, "settings": data}).encode(), "fuzz")
    except FileError as error:
        assert "MyPaint" in error.message  # noqa: PT017 - either outcome is fine
