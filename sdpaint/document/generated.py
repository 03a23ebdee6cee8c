"""What a layer that came out of a generation remembers: how it was made, and the pictures that it might show instead.

Nothing here knows what a request is: `recipe` is JSON that `generation.remember` writes and reads. Pictures are tile
maps, so that history, journal and undo budget treat them as they treat any other pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.projection import Projection
from sdpaint.imaging.tiles import TileMap


@dataclass(frozen=True)
class Sources:
    """The pictures that went into a job, shared by all that came out of it; None where it had no such thing.

    * `picture`: what the engine was given, opaque, its first pixel at (0, 0), of the request's size.
    * `mask`: what the engine was told to make anew, likewise.
    * `cover`: how strongly the result covers the canvas, the first pixel at (0, 0), of the region's size.
    * `regions`: where each of its regions was, like `mask`.
    * `painted`: the inpaint masks as the artist had painted them, in canvas pixels of that time.
    """

    picture: TileMap | None = None
    mask: TileMap | None = None
    cover: TileMap | None = None
    painted: TileMap | None = None
    regions: tuple[TileMap, ...] = ()


@dataclass(frozen=True)
class Alternative:
    """One picture that the layer can show.

    `tiles` is it, in canvas pixels; of the one that is shown they lie in the layer. `shift` is how far (x, y) the
    canvas has moved since `recipe` was written, which speaks of canvas pixels of that time. `seen` is the part of the
    canvas that the request looked at, in canvas pixels of now, and `ground` the digest of what was there; empty where
    it looked at nothing.
    """

    recipe: str
    sources: Sources
    tiles: TileMap
    ground: str = ""
    seen: Rect = Rect(0, 0, 0, 0)
    shift: tuple[int, int] = (0, 0)

    def translated(self, dx: int, dy: int) -> Alternative:
        """The same on a canvas that has grown or was cut at its left or top."""
        x, y = self.shift
        return replace(self, seen=self.seen.translated(dx, dy), shift=(x + dx, y + dy))


@dataclass(frozen=True)
class Generated:
    """The pictures of a generated layer, in the order in which they were made, and which one it shows.

    `repeatable`: whether what the requests say of places still holds; not on a canvas that was turned or scaled.
    `placed`: where the layer has been put since it was generated, in canvas pixels of now; new pictures go there too.
    """

    alternatives: tuple[Alternative, ...]
    shown: int = 0
    repeatable: bool = True
    placed: Projection = Projection()

    def __post_init__(self) -> None:
        if not 0 <= self.shown < len(self.alternatives):
            raise ValueError("a generated layer shows one of its pictures")

    @property
    def current(self) -> Alternative:
        """The one that is shown."""
        return self.alternatives[self.shown]

    def tile_maps(self) -> Iterator[TileMap]:
        """Every map that it keeps alive, each once."""
        yield from _unique(tiles for each in self.alternatives for tiles in _maps_of(each))

    def with_shown_tiles(self, tiles: TileMap) -> Generated:
        """What was painted on the picture that is shown belongs to it."""
        if self.current.tiles is tiles:
            return self
        changed = list(self.alternatives)
        changed[self.shown] = replace(self.current, tiles=tiles)
        return replace(self, alternatives=tuple(changed))

    def mapped(self, change: Callable[[TileMap], TileMap], shown: TileMap) -> Generated:
        """The pictures as a change of the whole canvas leaves them; what went into the jobs stays.

        `shown`: what it has made of the layer's own tiles.
        """
        changed = [replace(each, tiles=change(each.tiles)) for each in self.alternatives if each is not self.current]
        changed.insert(self.shown, replace(self.current, tiles=shown))
        return replace(self, alternatives=tuple(changed))

    def translated(self, dx: int, dy: int) -> Generated:
        """Places moved along with the canvas; the pictures are `mapped`."""
        placed = Projection.shift(-dx, -dy).then(self.placed).then(Projection.shift(dx, dy))
        moved = tuple(each.translated(dx, dy) for each in self.alternatives)
        return replace(self, alternatives=moved, placed=placed)

    def put(self, projection: Projection, change: Callable[[TileMap], TileMap], shown: TileMap) -> Generated:
        """The pictures as a change of the layer's place leaves them, as in `mapped`; what comes later follows it."""
        return replace(self.mapped(change, shown), placed=self.placed.then(projection))


def _maps_of(alternative: Alternative) -> Iterator[TileMap]:
    sources = alternative.sources
    yield alternative.tiles
    for tiles in _fields(sources):
        if tiles is not None:
            yield tiles


def _unique(maps: Iterator[TileMap]) -> Iterator[TileMap]:
    known: set[int] = set()
    for tiles in maps:
        if id(tiles) not in known:
            known.add(id(tiles))
            yield tiles


# ------------------------------------------------------------------------------------------------------- as values


def generated_values(generated: Generated, maps: Sequence[TileMap]) -> dict[str, Any]:
    """All of it in values of JSON; a tile map is its place in `maps`, which are those of `tile_maps`."""
    places = {id(tiles): place for place, tiles in enumerate(maps)}
    kept: list[Sources] = []

    def number(sources: Sources) -> int:
        for place, known in enumerate(kept):
            before, now = _fields(known), _fields(sources)
            if len(before) == len(now) and all(a is b for a, b in zip(before, now, strict=True)):
                return place
        kept.append(sources)
        return len(kept) - 1

    alternatives = [
        {
            "recipe": each.recipe,
            "sources": number(each.sources),
            "tiles": places[id(each.tiles)],
            "ground": each.ground,
            "seen": [each.seen.x, each.seen.y, each.seen.width, each.seen.height],
            "shift": list(each.shift),
        }
        for each in generated.alternatives
    ]
    return {
        "shown": generated.shown,
        "repeatable": generated.repeatable,
        "placed": list(generated.placed.rows),
        "sources": [[None if part is None else places[id(part)] for part in _fields(each)] for each in kept],
        "alternatives": alternatives,
    }


def generated_of_values(values: Mapping[str, Any], maps: Sequence[TileMap]) -> Generated:
    """What `generated_values` said. Raises KeyError, TypeError, ValueError or IndexError on anything else."""
    sources = [_sources(*(None if part is None else _map(maps, part) for part in each)) for each in values["sources"]]
    alternatives = tuple(
        Alternative(
            recipe=_text(each["recipe"]),
            sources=sources[_place(each["sources"])],
            tiles=_map(maps, each["tiles"]),
            ground=_text(each["ground"]),
            seen=Rect(*(int(part) for part in each["seen"])),
            shift=(int(each["shift"][0]), int(each["shift"][1])),
        )
        for each in values["alternatives"]
    )
    # Older files say nothing of having been moved.
    placed = Projection.of_rows(values.get("placed", Projection().rows))
    return Generated(alternatives, _place(values["shown"]), values["repeatable"] is True, placed)


def _fields(sources: Sources) -> tuple[TileMap | None, ...]:
    return sources.picture, sources.mask, sources.cover, sources.painted, *sources.regions


def _sources(
    picture: TileMap | None,
    mask: TileMap | None,
    cover: TileMap | None,
    painted: TileMap | None,
    *regions: TileMap | None,
) -> Sources:
    return Sources(picture, mask, cover, painted, tuple(each for each in regions if each is not None))


def _map(maps: Sequence[TileMap], place: Any) -> TileMap:
    return maps[_place(place)]


def _place(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r} is no place in a list")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value
