from __future__ import annotations

import gc
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from sdpaint.document import edits, mask_edits
from sdpaint.document.document import Document
from sdpaint.document.layers import Layer
from sdpaint.errors import SettingsError
from sdpaint.generation.apply import apply_result
from sdpaint.generation.ground import picture_under
from sdpaint.generation.mode import effective_mode
from sdpaint.generation.params import GenerationParams, HandContext
from sdpaint.generation.planning import outlook_on
from sdpaint.generation.prepare import prepare
from sdpaint.generation.request import GenerationMode, MaskFill, SamplingParams
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.masks import HandBands
from sdpaint.imaging.resample import resized
from sdpaint.imaging.tiles import TileMap

TXT, IMG, INPAINT = GenerationMode.TEXT_TO_IMAGE, GenerationMode.IMAGE_TO_IMAGE, GenerationMode.INPAINT
EXPAND = GenerationMode.EXPAND


@dataclass(frozen=True)
class Limits:
    min_side_px: int = 64
    max_side_px: int = 512
    max_area_px: int = 512 * 512
    native_px: int = 512
    expand_strength: float = 0.8


PARAMS = GenerationParams(checkpoint=Path("somewhere"), prompt="a hill", sampling=SamplingParams(strength=0.5))


def at_strength(strength: float, **changes) -> GenerationParams:
    return replace(PARAMS, sampling=SamplingParams(strength=strength), **changes)


def by_hand(box: Rect) -> HandContext:
    """Set where the box is."""
    return HandContext(box, box)


def new(size=(400, 300), frame=None, background=(255, 255, 255)) -> Document:
    document = edits.new_document(Size(*size), background)
    return document if frame is None else edits.set_frame(document, frame)


def painted(document: Document, rect: Rect, bgra=(0, 0, 255, 255), layer: int = -1) -> Document:
    target = document.layers[layer]
    pixels = np.full((rect.height, rect.width, 4), bgra, np.uint8)
    return edits.with_layer_tiles(document, target.id, target.tiles.with_pixels(rect, pixels))


class TestMode:
    @pytest.mark.parametrize("size", [(400, 300), (100, 80), (128, 128), (1000, 1)])
    @pytest.mark.parametrize("background", [(255, 255, 255), (20, 40, 60), None])
    def test_a_new_document_is_empty(self, size, background):
        assert effective_mode(new(size, background=background), None) is TXT

    def test_a_stroke_under_the_frame_is_refined(self):
        document = painted(new(frame=Rect(100, 100, 64, 64)), Rect(120, 120, 5, 5))
        assert effective_mode(document, None) is IMG

    def test_a_stroke_beside_the_frame_does_not_count_even_in_the_same_tile(self):
        document = painted(new(frame=Rect(0, 0, 64, 64)), Rect(70, 70, 5, 5))
        assert effective_mode(document, None) is TXT

    def test_a_stroke_on_the_background_counts(self):
        document = painted(new(frame=Rect(0, 0, 256, 256)), Rect(120, 120, 5, 5), layer=0)
        assert effective_mode(document, None) is IMG

    def test_a_stroke_on_the_background_outside_the_frame_does_not_count(self):
        document = painted(new(frame=Rect(0, 0, 128, 128)), Rect(220, 20, 5, 5), layer=0)
        assert effective_mode(document, None) is TXT

    def test_a_hidden_layer_does_not_count(self):
        document = painted(new(), Rect(150, 100, 50, 50))
        document = edits.replace_layer(document, replace(document.layers[-1], visible=False))
        assert effective_mode(document, None) is TXT

    def test_a_plain_layer_above_the_bottom_is_pixels(self):
        document = new()
        sheet = Layer("Sheet", tiles=edits.solid_tiles(document.size, (10, 20, 30)))
        assert effective_mode(edits.insert_layer(document, sheet), None) is IMG

    def test_a_mask_in_the_frame_is_inpainted_hidden_or_not(self):
        document = edits.fill_mask(new(frame=Rect(0, 0, 64, 64)), Rect(60, 60, 50, 50))
        assert effective_mode(document, None) is INPAINT
        hidden = edits.set_mask(document, replace(document.mask, visible=False))
        assert effective_mode(hidden, None) is INPAINT

    def test_a_mask_outside_the_frame_does_not_count(self):
        document = edits.fill_mask(new(frame=Rect(0, 0, 64, 64)), Rect(65, 60, 50, 50))
        assert effective_mode(document, None) is TXT

    def test_a_frame_off_the_canvas_is_empty(self):
        document = painted(new(frame=Rect(1000, 1000, 64, 64)), Rect(1000, 1000, 64, 64))
        assert effective_mode(document, None) is TXT

    def test_the_choice_by_hand_wins(self):
        assert effective_mode(new(), IMG) is IMG

    def test_what_is_remembered_of_a_tile_dies_with_it(self):
        # Identities are handed on: many tiles that come and go must not be taken for each other.
        for round_ in range(200):
            document = new((128, 128))
            if round_ % 2:
                document = painted(document, Rect(5, 5, 3, 3), layer=0)
            assert effective_mode(document, None) is (IMG if round_ % 2 else TXT)
            del document
            gc.collect(0)


class TestByHand:
    def prepared(self, **changes):
        document = edits.fill_mask(new((900, 700), Rect(0, 0, 900, 700)), Rect(400, 300, 60, 40))
        return prepare(document, at_strength(0.5, **changes), Limits(native_px=128), 1)

    def test_the_context_is_what_the_artist_says(self):
        assert self.prepared(context=by_hand(Rect(380, 280, 160, 96))).request.region == Rect(380, 280, 160, 96)

    def test_the_context_always_holds_the_mask_and_keeps_to_the_frame(self):
        region = self.prepared(context=by_hand(Rect(-50, 310, 470, 20))).plan.frame
        assert region == Rect(0, 300, 460, 40)

    def test_a_context_that_the_mask_has_left_does_not_count(self):
        left = by_hand(Rect(0, 0, 100, 100))
        assert self.prepared(context=left).request.region == self.prepared().request.region

    def test_a_context_that_was_set_for_another_place_does_not_count_though_it_touches_the_mask(self):
        of_another = HandContext(Rect(380, 280, 160, 96), around=Rect(500, 300, 40, 40))
        assert self.prepared(context=of_another).request.region == self.prepared().request.region

    def test_a_context_still_counts_when_its_mask_has_grown(self):
        set_for_a_part = HandContext(Rect(380, 280, 160, 96), around=Rect(400, 300, 10, 10))
        assert self.prepared(context=set_for_a_part).request.region == Rect(380, 280, 160, 96)

    @pytest.mark.parametrize(("grow", "feather"), [(0, 0), (0, 40), (30, 0), (17, 9)])
    def test_grow_and_feather_are_widths_in_pixels_of_the_canvas(self, grow, feather):
        prepared = self.prepared(bands=HandBands(grow, feather), context=by_hand(Rect(300, 200, 260, 240)))
        reach = max(1, grow + -(-feather // 2))
        x, y = 400 - prepared.plan.region.x, 300 - prepared.plan.region.y
        row = prepared.alpha[y + 20]
        assert (row[x : x + 60] == 255).all()
        assert not row[: x - reach].any()
        assert not row[x + 60 + reach :].any()
        assert row[x - reach + 1] > 0 or reach == 1
        document = edits.fill_mask(new((900, 700), Rect(0, 0, 900, 700)), Rect(400, 300, 60, 40))
        params = at_strength(0.5, bands=HandBands(grow, feather))
        assert outlook_on(document, INPAINT, params, Limits()).reach_px == reach


class TestBareGround:
    def document(self) -> Document:
        return painted(new((400, 300), Rect(0, 0, 400, 300), background=None), Rect(0, 0, 200, 300), (90, 60, 30, 255))

    def test_it_is_continued_where_the_artist_says_so(self):
        prepared = prepare(self.document(), at_strength(0.5, mode=EXPAND), Limits(), 1)
        x = 200 - prepared.plan.region.x
        assert (prepared.request.mask[:, x + 1 :] > 0.55 * 255).all()
        assert (prepared.request.mask[:, x + 130 :] == 255).all()
        assert not prepared.request.mask[:, : x - 60].any()
        filled = prepared.request.image[:, x + 4 :].astype(int)
        assert np.abs(filled - (30, 60, 90)).max() < 12, "no white paper shines through"
        assert prepared.grows
        assert apply_result(self.document(), prepared, prepared.request.image).size == Size(400, 300)

    def test_it_is_left_alone_otherwise(self):
        document = edits.set_frame(self.document(), Rect(0, 0, 480, 300))
        prepared = prepare(document, at_strength(0.5), Limits(), 1)
        inside = 400 - prepared.plan.region.x
        assert not prepared.request.mask[:, : inside - 60].any()

    def test_it_shows_in_the_outlook(self):
        outlook = outlook_on(self.document(), EXPAND, at_strength(0.5, mode=EXPAND), Limits())
        assert outlook is not None
        assert outlook.plan.frame.contains(Rect(256, 0, 144, 300))


class TestRemoving:
    def test_it_has_a_strength_of_its_own(self):
        document = edits.fill_mask(new(frame=Rect(0, 0, 256, 256)), Rect(60, 60, 50, 50))
        for asked, used in ((0.9, 0.3), (0.2, 0.2)):
            refined = prepare(document, at_strength(asked, fill=MaskFill.REMOVE_REFINED), Limits(), 1)
            assert refined.request.sampling.strength == used

    def test_the_thing_is_gone_before_the_engine_starts(self):
        document = painted(new(frame=Rect(0, 0, 256, 256)), Rect(0, 0, 256, 256), (200, 150, 100, 255))
        document = edits.fill_mask(painted(document, Rect(80, 80, 40, 40)), Rect(78, 78, 44, 44))
        request = prepare(document, at_strength(0.9, fill=MaskFill.REMOVE, prompt=""), Limits(), 1).request
        assert np.abs(request.image.astype(int) - (100, 150, 200)).max() <= 2


class TestPasses:
    LIMITS = Limits(max_side_px=160, max_area_px=160 * 160, native_px=128)

    def prepared(self, mask: Rect, strength: float = 1.0, size=(1000, 900), **changes):
        document = edits.fill_mask(painted(new(size, Rect(0, 0, *size)), Rect(0, 0, 500, 400)), mask)
        sampling = SamplingParams(strength=strength)
        return prepare(document, replace(PARAMS, sampling=sampling, **changes), self.LIMITS, 1)

    def test_what_suits_the_checkpoint_is_made_at_once(self):
        assert self.prepared(Rect(400, 400, 40, 40), 0.5).request.passes is None

    def test_a_large_mask_is_composed_small_and_worked_out_at_the_pixels_of_the_canvas(self):
        prepared = self.prepared(Rect(300, 300, 300, 200))
        request, plan = prepared.request, prepared.plan
        assert not plan.is_scaled
        assert request.size == plan.region.size
        first = request.passes.first
        assert first.area <= self.LIMITS.max_area_px
        assert abs(first.width / first.height - request.size.width / request.size.height) < 0.05
        covered = np.zeros((request.size.height, request.size.width), bool)
        for tile in request.passes.tiles:
            assert tile.size == Size(128, 128)
            covered[tile.top : tile.bottom, tile.left : tile.right] = True
        assert covered[request.mask > 0].all()

    def test_a_low_strength_refines_only(self):
        assert self.prepared(Rect(300, 300, 300, 200), 0.3).request.passes.first is None

    def test_islands_far_apart_take_no_tiles_between_them(self):
        document = edits.fill_mask(new((1000, 900), Rect(0, 0, 1000, 900)), Rect(0, 0, 60, 60))
        document = edits.fill_mask(document, Rect(900, 800, 60, 60))
        request = prepare(document, replace(PARAMS, sampling=SamplingParams(strength=0.3)), self.LIMITS, 1).request
        assert 2 <= len(request.passes.tiles) <= 8

    def test_a_huge_region_takes_a_bounded_number_of_tiles(self):
        prepared = self.prepared(Rect(0, 0, 3000, 2000), size=(3000, 2000))
        assert prepared.plan.is_scaled
        assert 32 <= len(prepared.request.passes.tiles) <= 80

    def test_the_artist_may_do_without(self):
        request = self.prepared(Rect(300, 300, 300, 200), in_passes=False).request
        assert request.passes is None
        assert request.size.area <= self.LIMITS.max_area_px


class TestPicture:
    def test_transparent_parts_are_white_paper(self):
        document = painted(new(background=None), Rect(0, 0, 10, 10), (0, 0, 128, 128))
        picture = picture_under(document, Rect(0, 0, 20, 10))
        assert picture[5, 5].tolist() == [255, 127, 127]
        assert picture[5, 15].tolist() == [255, 255, 255]

    def test_the_canvas_edge_is_continued_outside(self):
        rng = np.random.default_rng(0)
        pixels = rng.integers(0, 256, (30, 40, 4), np.uint8)
        pixels[..., 3] = 255
        document = edits.new_document(Size(40, 30), None)
        document = edits.with_layer_tiles(document, document.active, TileMap.from_pixels(pixels))
        picture = picture_under(document, Rect(-5, -7, 64, 48))
        rgb = pixels[..., 2::-1]
        assert np.array_equal(picture[7:37, 5:45], rgb)
        assert np.array_equal(picture[:, :5], np.repeat(picture[:, 5:6], 5, axis=1))
        assert np.array_equal(picture[37:], np.repeat(picture[36:37], 11, axis=0))

    def test_a_region_off_the_canvas_is_paper(self):
        assert (picture_under(painted(new(), Rect(0, 0, 400, 300)), Rect(500, 0, 64, 64)) == 255).all()


class TestRequest:
    def test_an_empty_document_asks_for_text_to_image(self):
        prepared = prepare(new(frame=Rect(10, 20, 100, 90)), PARAMS, Limits(), 7)
        request = prepared.request
        assert request.mode is TXT
        assert request.image is None
        assert request.mask is None
        assert request.size == Size(104, 96)
        assert request.region == prepared.plan.region == Rect(10, 20, 104, 96)
        assert request.seed == request.sampling.seed == 7
        assert prepared.alpha is not None
        assert (prepared.alpha[:90, :100] == 255).all()
        assert prepared.alpha.sum() == 255 * 90 * 100

    def test_a_frame_that_is_the_region_needs_no_alpha(self):
        assert prepare(new(frame=Rect(0, 0, 128, 64)), PARAMS, Limits(), 7).alpha is None

    def test_img2img_sees_what_the_artist_sees_pixel_by_pixel(self):
        document = painted(new(frame=Rect(10, 20, 96, 96)), Rect(30, 40, 20, 20), (10, 20, 30, 255))
        image = prepare(document, PARAMS, Limits(), 1).request.image
        assert image[25, 25].tolist() == [30, 20, 10]
        assert image[0, 0].tolist() == [255, 255, 255]
        assert (image == [30, 20, 10]).all(axis=2).sum() == 400

    def test_padding_shows_the_canvas_beyond_the_frame(self):
        document = painted(new(frame=Rect(0, 0, 90, 90)), Rect(0, 0, 200, 200), (10, 20, 30, 255))
        image = prepare(document, PARAMS, Limits(), 1).request.image
        assert image.shape == (96, 96, 3)
        assert (image == [30, 20, 10]).all()

    def test_the_same_input_gives_the_same_arrays(self):
        document = painted(new(frame=Rect(-20, -30, 301, 207)), Rect(30, 40, 20, 20))
        document = edits.fill_mask(document, Rect(35, 45, 50, 40))
        one, two = (prepare(document, PARAMS, Limits(max_side_px=200), 3) for _ in range(2))
        assert np.array_equal(one.request.image, two.request.image)
        assert np.array_equal(one.request.mask, two.request.mask)
        assert np.array_equal(one.alpha, two.alpha)
        assert one.request.sampling == two.request.sampling

    def test_a_frame_larger_than_the_checkpoint_allows_is_scaled_down(self):
        document = painted(new((800, 800), Rect(0, 0, 800, 800)), Rect(0, 0, 400, 800), (10, 20, 30, 255))
        request = prepare(document, PARAMS, Limits(max_side_px=200), 1).request
        assert request.size == Size(200, 200)
        assert (request.image[:, :99] == [30, 20, 10]).all()
        assert (request.image[:, 101:] == 255).all()


@pytest.mark.parametrize("size", [Size(73, 229), Size(401, 401), Size(31, 17)])
@pytest.mark.parametrize("level", [0, 1, 90, 250, 255])
def test_scaling_does_not_shift_a_flat_colour(size, level):
    assert (resized(np.full((200, 64, 3), level, np.uint8), size) == level).all()
    assert (resized(np.full((200, 64), level, np.uint8), size) == level).all()


class TestInpaint:
    def masked(self, frame=Rect(50, 40, 256, 200), mask=Rect(150, 120, 40, 30)):
        return edits.fill_mask(painted(new(frame=frame), Rect(0, 0, 400, 300)), mask)

    def test_both_masks_are_opaque_inside_what_the_artist_masked(self):
        prepared = prepare(self.masked(), PARAMS, Limits(), 1)
        inside = (slice(80, 110), slice(100, 140))
        assert prepared.request.mode is INPAINT
        assert (prepared.request.mask[inside] == 255).all()
        assert (prepared.alpha[inside] == 255).all()

    def test_outside_the_band_nothing_is_covered(self):
        prepared = prepare(self.masked(), PARAMS, Limits(), 1)
        reach = 20  # feather = round(32 · 0.5) = 16, grow = 4 + 8
        beyond = np.ones_like(prepared.alpha, bool)
        beyond[80 - reach : 110 + reach, 100 - reach : 140 + reach] = False
        assert not prepared.alpha[beyond].any()
        assert not prepared.request.mask[beyond].any()

    def test_the_band_runs_out_at_a_frame_edge_inside_the_canvas(self):
        prepared = prepare(self.masked(mask=Rect(58, 120, 40, 30)), PARAMS, Limits(), 1)
        row = prepared.alpha[95].astype(int)
        assert row[0] < 16
        assert (row[8:48] == 255).all()

    def test_the_band_does_not_run_out_at_the_edge_of_the_canvas(self):
        document = self.masked(frame=Rect(0, 40, 256, 200), mask=Rect(2, 120, 40, 30))
        row = prepare(document, PARAMS, Limits(), 1).alpha[95]
        assert row[0] == row[43] > 0  # both 2 px from the mask

    def test_a_mask_that_crosses_the_frame_is_cut_to_it(self):
        document = self.masked(frame=Rect(50, 40, 250, 200), mask=Rect(0, 0, 400, 300))
        prepared = prepare(document, PARAMS, Limits(), 1)
        assert (prepared.alpha[:200, :250] == 255).all()
        assert not prepared.alpha[:, 250:].any()

    def test_the_mask_is_scaled_with_the_picture(self):
        document = self.masked(frame=Rect(0, 0, 400, 300), mask=Rect(0, 0, 200, 300))
        params = replace(PARAMS, in_passes=False)
        request = prepare(document, params, Limits(max_side_px=200), 1).request
        assert request.mask.shape == (request.size.height, request.size.width)
        assert (request.mask[:, :99] == 255).all()
        assert (request.mask[:, 140:] == 0).all()

    def test_without_a_mask_it_says_what_to_do(self):
        params = replace(PARAMS, mode=INPAINT)
        with pytest.raises(SettingsError) as caught:
            prepare(new(), params, Limits(), 1)
        assert "mask brush" in caught.value.hint

    def test_a_mask_is_not_sent_where_img2img_was_chosen_by_hand(self):
        prepared = prepare(self.masked(), replace(PARAMS, mode=IMG), Limits(), 1)
        assert prepared.request.mask is None
        assert prepared.mask is None

    def test_each_mask_has_its_own_strength(self):
        document = edits.fill_mask(new(frame=Rect(0, 0, 400, 300)), Rect(60, 60, 50, 50))
        document = mask_edits.change_mask(document, 0, strength=0.4)
        document = edits.fill_mask(mask_edits.add_mask(document), Rect(250, 150, 50, 50))
        prepared = prepare(document, at_strength(1.0), Limits(), 1)
        x, y = prepared.plan.region.x, prepared.plan.region.y
        assert prepared.request.mask[85 - y, 85 - x] == round(0.4 * 255)
        assert prepared.request.mask[175 - y, 275 - x] == 255
        assert prepared.alpha[85 - y, 85 - x] == 255, "what is changed a little is a mix already"

    def test_the_engine_sees_the_surroundings_of_the_mask_not_the_whole_frame(self):
        document = painted(new((1200, 900), Rect(0, 0, 1200, 900)), Rect(0, 0, 600, 900))
        document = edits.fill_mask(document, Rect(590, 400, 40, 30))
        prepared = prepare(document, PARAMS, Limits(native_px=256), 1)
        assert prepared.request.size == Size(256, 256)
        assert prepared.request.region == prepared.plan.frame == Rect(482, 287, 256, 256)
        assert prepared.alpha.shape == (256, 256)
        red = (prepared.request.image == [255, 0, 0]).all(axis=2)
        assert red[:, : 600 - 482].all()
        assert not red[:, 600 - 482 :].any()

    def test_removing_takes_the_pixels_of_the_canvas_and_the_mask_as_it_was_painted(self):
        document = painted(new((1500, 1200), Rect(0, 0, 1500, 1200)), Rect(0, 0, 1500, 1200))
        document = edits.fill_mask(document, Rect(100, 100, 1200, 900))
        prepared = prepare(document, at_strength(0.6, fill=MaskFill.REMOVE), Limits(), 1)
        request = prepared.request
        assert not prepared.plan.is_scaled
        assert request.passes is None
        assert np.count_nonzero(request.mask == 255) == 1200 * 900
        assert np.count_nonzero(request.mask) == 1200 * 900

    def test_what_is_filled_follows_from_the_strength_or_the_choice_by_hand(self):
        document = edits.fill_mask(self.masked(), Rect(150, 120, 60, 60))
        document = painted(document, Rect(160, 130, 40, 40), (255, 0, 0, 255))
        strong = replace(PARAMS, sampling=SamplingParams(strength=1.0))
        kept, gone = (prepare(document, params, Limits(), 1).request for params in (PARAMS, strong))
        assert (kept.fill, gone.fill) == (MaskFill.ORIGINAL, MaskFill.BLUR)
        blue = [(request.image == [0, 0, 255]).all(axis=2).any() for request in (kept, gone)]
        assert blue == [True, False]
        chosen = prepare(document, replace(strong, fill=MaskFill.ORIGINAL), Limits(), 1).request
        assert (chosen.image == [0, 0, 255]).all(axis=2).any()


class TestExpand:
    def wide(self, frame=Rect(250, 50, 256, 200), size=(400, 300)):
        return painted(new(size, frame), Rect(0, 0, *size), (0, 0, 255, 255))

    @pytest.mark.parametrize(
        "frame",
        [Rect(250, 0, 256, 300), Rect(-60, 0, 256, 300), Rect(0, -60, 400, 200), Rect(0, 200, 400, 160),
         Rect(-50, -50, 500, 400)],
    )
    def test_a_frame_that_reaches_out_of_the_picture_expands_it(self, frame):
        assert effective_mode(self.wide(frame), None) is EXPAND
        assert effective_mode(self.wide(frame), None, grow_canvas=False) is IMG

    def test_a_few_pixels_are_no_intent(self):
        assert effective_mode(self.wide(Rect(-7, 0, 256, 300)), None) is IMG

    def test_a_mask_comes_first(self):
        document = edits.fill_mask(self.wide(), Rect(300, 100, 20, 20))
        assert effective_mode(document, None) is INPAINT

    def test_of_an_empty_canvas_there_is_nothing_to_expand(self):
        assert effective_mode(new(frame=Rect(250, 50, 256, 200)), None) is TXT

    def test_beyond_the_canvas_all_is_new_and_an_overlap_blends(self):
        prepared = prepare(self.wide(), PARAMS, Limits(), 1)
        request = prepared.request
        assert (request.mode, request.fill, request.sampling.strength) == (EXPAND, MaskFill.BORDER, 0.8)
        assert request.region == Rect(250, 50, 256, 200)
        assert prepared.grows
        assert prepared.mask is None
        assert (np.diff(request.mask[100].astype(int)) >= 0).all(), "from the old ground on, the freer the farther out"
        assert 0.55 * 255 < request.mask[100, 150] < 0.65 * 255
        assert (request.mask[:, -1] > 0.9 * 255).all()
        assert (prepared.alpha[:, 150:] == 255).all()
        band = prepared.alpha[100, 100:150].astype(int)
        assert (np.diff(band) >= 0).all()
        assert band[0] == 0
        assert band[-1] >= 230

    def test_the_edge_is_continued_before_denoising(self):
        image = prepare(self.wide(), PARAMS, Limits(), 1).request.image.astype(int)
        assert np.abs(image - [255, 0, 0]).max() <= 2

    def test_it_sees_the_new_ground_and_its_neighbourhood_not_a_frame_as_large_as_the_canvas(self):
        document = self.wide(Rect(0, 0, 2200, 1500), (2000, 1500))
        plan = prepare(document, PARAMS, Limits(native_px=256), 1).plan
        assert plan.frame.left > 600
        assert plan.frame.right == 2200

    def test_asked_for_by_hand_where_nothing_is_beyond_it_says_what_to_do(self):
        with pytest.raises(SettingsError) as caught:
            prepare(self.wide(Rect(0, 0, 256, 256)), replace(PARAMS, mode=EXPAND), Limits(), 1)
        assert "over the edge" in caught.value.hint

    def test_a_canvas_does_not_grow_beyond_what_can_be_painted(self):
        with pytest.raises(SettingsError, match="can't grow"):
            prepare(self.wide(Rect(0, 0, 40000, 300)), PARAMS, Limits(), 1)


class TestOutlook:
    @pytest.mark.parametrize("strength", [0.3, 1.0])
    @pytest.mark.parametrize(
        ("frame", "mask"),
        [
            (Rect(0, 0, 900, 700), Rect(300, 200, 300, 40)),
            (Rect(100, 100, 300, 300), Rect(0, 0, 900, 700)),
            (Rect(100, 100, 300, 300), Rect(390, 150, 200, 20)),
            (Rect(700, 500, 400, 300), None),
        ],
    )
    def test_it_says_what_will_be_planned_and_beyond_what_nothing_changes(self, frame, mask, strength):
        document = painted(new((900, 700), frame), Rect(0, 0, 900, 700))
        if mask is not None:
            document = edits.fill_mask(document, mask)
        mode = effective_mode(document, None)
        limits = Limits(native_px=256)
        outlook = outlook_on(document, mode, at_strength(strength), limits)
        prepared = prepare(document, replace(PARAMS, sampling=SamplingParams(strength=strength)), limits, 1)
        assert mode is (INPAINT if mask else EXPAND)
        assert outlook.plan == prepared.plan
        rows, columns = np.nonzero(prepared.alpha)
        region = prepared.plan.region
        changed = Rect.from_edges(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        assert outlook.band.contains(changed.translated(region.x, region.y))

    def test_there_is_none_where_the_whole_frame_is_made(self):
        document = painted(new(), Rect(0, 0, 100, 100))
        assert outlook_on(document, IMG, at_strength(1.0), Limits()) is None
        assert outlook_on(document, INPAINT, at_strength(1.0), Limits()) is None

    def test_a_mask_of_many_tiles_has_its_true_bounds(self):
        document = painted(new((1400, 1300), Rect(0, 0, 1400, 1300)), Rect(0, 0, 1400, 1300))
        for mask in (Rect(200, 300, 700, 90), Rect(533, 100, 41, 1111), Rect(150, 700, 1199, 3)):
            document = edits.fill_mask(document, mask)
        outlook = outlook_on(document, INPAINT, at_strength(0.01), Limits())
        assert outlook.band == Rect.from_edges(150, 100, 1349, 1211).inflated(outlook.reach_px).intersected(
            document.frame
        )
