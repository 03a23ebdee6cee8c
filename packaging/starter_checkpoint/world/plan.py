"""What a picture shall show, decided before a stroke is drawn: hour, place, weather and things that go together."""

from __future__ import annotations

from dataclasses import dataclass, field

from starter_checkpoint.world.buildings import PAINTS
from starter_checkpoint.world.dice import Dice
from starter_checkpoint.world.nature import ANIMALS
from starter_checkpoint.world.palettes import TIMES
from starter_checkpoint.world.terrain import TERRAINS

STYLES = ("flat", "pastel", "neon", "ink", "paper-cut", "watercolour")
WEATHERS = ("clear", "mist", "rain", "snow")
GROUNDS = (
    "lake",
    "river",
    "meadow",
    "plain",
    "road",
    "path",
    "lavender field",
    "wheat field",
    "snow",
    "sea",
    "sand",
    "harbour",
)
STRUCTURES = ("cabin", "castle", "lighthouse", "windmill", "chapel", "tent")
PLANTS = ("pines", "palms", "cactus", "tree")
OBJECTS = (*STRUCTURES, *PLANTS, *ANIMALS, "sailboat", "hot air balloon", "bridge", "birds", "sun", "moon")
"""Kinds of objects that get a mask and a caption of their own."""

_GROUNDS_OF: dict[str, dict[str, float]] = {
    "mountains": {"lake": 4, "river": 2, "meadow": 3, "plain": 1, "road": 1, "path": 0.7},
    "snowy mountains": {"lake": 4, "river": 1.5, "meadow": 2, "snow": 2.5, "road": 1},
    "hills": {
        "meadow": 3,
        "plain": 1,
        "lake": 1.5,
        "river": 2,
        "road": 1.5,
        "path": 1.2,
        "lavender field": 1.8,
        "wheat field": 1.8,
    },
    "dunes": {"sand": 1},
    "forest": {"lake": 3, "river": 2.5, "meadow": 2.5, "path": 2, "plain": 0.7},
    "sea": {"sea": 1},
    "city": {"harbour": 3, "meadow": 1, "road": 1.6},
    "canyon": {"sand": 2.2, "river": 1.6, "road": 1.2},
    "volcano": {"lake": 2, "meadow": 2, "plain": 1, "river": 1},
    "snowfield": {"snow": 3, "lake": 1},
    "beach": {"sea": 1},
}

_SUBJECTS_OF: dict[str, dict[str, float]] = {
    "land": {
        "cabin": 2.2,
        "castle": 1.8,
        "windmill": 1.8,
        "chapel": 1.5,
        "tent": 1.6,
        "tree": 1.8,
        "deer": 1.2,
        "horse": 1.2,
        "wolf": 1,
        "bear": 1,
        "fox": 1,
        "pines": 1.6,
        "": 2.2,
    },
    "sea": {"sailboat": 4, "lighthouse": 4, "": 1},
    "dunes": {"cactus": 4, "palms": 2, "tent": 1.5, "horse": 0.8, "": 1},
    "canyon": {"cactus": 3, "tent": 1.3, "horse": 1, "wolf": 0.8, "tree": 0.7, "": 1},
    "city": {"bridge": 2.5, "sailboat": 2, "tree": 1.2, "": 2.5},
    "snowfield": {
        "cabin": 2,
        "pines": 2.4,
        "wolf": 1.2,
        "bear": 1.2,
        "fox": 1.2,
        "chapel": 1.2,
        "castle": 1,
        "": 0.8,
    },
    "beach": {"palms": 4, "sailboat": 1.5, "lighthouse": 1.5, "tent": 1, "": 0.3},
}

_PAINTS_OF: dict[str, tuple[str, ...]] = {
    "cabin": ("red", "red", "blue", "green", "brown", "orange", "black"),
    "castle": ("red", "blue", "purple", "orange", "green", "black"),
    "lighthouse": ("red", "red", "blue", "black", "green", "orange"),
    "windmill": ("red", "brown", "blue", "orange", "green"),
    "chapel": ("red", "blue", "brown", "black", "green"),
    "tent": ("red", "orange", "yellow", "green", "blue"),
    "sailboat": ("white", "white", "red", "orange", "yellow", "blue", "pink"),
    "hot air balloon": ("red", "orange", "yellow", "green", "blue", "purple", "pink", "white"),
    "bridge": ("red", "red", "orange", "blue", "white", "green"),
}

_FAMILY_OF = {
    "dunes": "dunes",
    "canyon": "canyon",
    "sea": "sea",
    "city": "city",
    "snowfield": "snowfield",
    "beach": "beach",
}


@dataclass(frozen=True)
class Placed:
    """A thing in the plan. `x` is 0 (left edge) to 1; `near` is 0 (far) to 1 (at our feet)."""

    kind: str
    x: float
    near: float
    paint: str = ""
    second: str = ""
    count: int = 1


@dataclass(frozen=True)
class Plan:
    """All decisions about one picture. `light_x` and `light_y` place sun or moon (0…1 of width and of the sky)."""

    seed: int
    time: str
    terrain: str
    ground: str
    weather: str
    style: str
    season: str
    horizon: float
    light_x: float
    light_y: float
    sun: str = ""
    moon: str = ""
    stars: str = ""
    clouds: str = ""
    aurora: bool = False
    rainbow: bool = False
    shooting_star: bool = False
    birds: str = ""
    erupting: bool = False
    bank: str = ""
    flowers: tuple[str, ...] = ()
    things: tuple[Placed, ...] = field(default=())


def make_plan(seed: int) -> Plan:
    """The plan of a seed. The same seed gives the same plan on every machine."""
    dice = Dice(seed)
    time = dice.choice(TIMES)
    terrain = dice.choice(TERRAINS)
    style = dice.weighted({"flat": 62, "pastel": 9, "neon": 7, "ink": 7, "paper-cut": 9, "watercolour": 8})
    cold = terrain in ("snowy mountains", "snowfield")
    dry = terrain in ("dunes", "canyon")
    if style == "neon":
        time = dice.choice(("dusk", "night"))
    weather = dice.weighted(
        {
            "clear": 74,
            "mist": 11,
            "rain": 0 if cold or dry or style == "neon" else 6,
            "snow": 24 if cold else 0 if dry or terrain == "beach" else 3,
        }
    )
    ground = dice.weighted(_GROUNDS_OF[terrain])
    season = (
        "winter"
        if weather == "snow" or terrain == "snowfield" or ground == "snow"
        else dice.weighted({"green": 6, "autumn": 2.2, "blossom": 1.2})
    )
    if season == "winter" and ground in ("meadow", "plain", "lavender field", "wheat field"):
        ground = "snow"
    plan = {
        "seed": seed,
        "time": time,
        "terrain": terrain,
        "ground": ground,
        "weather": weather,
        "style": style,
        "season": season,
        "horizon": dice.uniform(0.44, 0.62),
        "light_x": dice.uniform(0.14, 0.86),
        "light_y": dice.uniform(*_light_heights(time, terrain)),
    }
    plan |= _sky(dice, time, weather, cold or terrain == "forest")
    if terrain == "volcano":
        plan["erupting"] = dice.chance(0.6)
    if ground == "meadow":
        names = ["red", "yellow", "white", "pink", "purple", "blue", "orange"]
        plan["flowers"] = tuple(dice.shuffled(names)[: dice.choice((1, 2, 3, 4))])
    plan["bank"] = (
        dice.weighted({"": 3.0, "all": 2.0, "left": 1.2, "right": 1.2})
        if ground not in ("road", "path")
        else ""
    )
    plan["things"] = tuple(_things(dice, time, terrain, ground, season, str(plan["bank"]), weather))
    return Plan(**plan)


def _light_heights(time: str, terrain: str) -> tuple[float, float]:
    """How low sun or moon may stand, 0 zenith … 1 horizon: a low sun, but not behind what is tall."""
    tall = terrain in ("mountains", "snowy mountains", "city", "volcano", "canyon")
    if time in ("dawn", "sunset"):
        return (0.22, 0.55) if tall else (0.40, 0.84) if terrain == "forest" else (0.45, 0.92)
    return (0.14, 0.32) if terrain == "city" else (0.15, 0.42)


def _sky(dice: Dice, time: str, weather: str, northern: bool) -> dict[str, object]:
    clear = weather in ("clear", "mist")
    sky: dict[str, object] = {}
    if time in ("dawn", "day", "sunset") and clear and dice.chance(0.66):
        sky["sun"] = dice.weighted({"plain": 3, "rings": 1.6, "rays": 0.8})
    if time in ("dusk", "night") and clear and dice.chance(0.62):
        sky["moon"] = dice.choice(("full", "crescent"))
    if time == "night" and clear:
        sky["stars"] = dice.weighted({"some": 3, "many": 2, "": 2})
        sky["aurora"] = dice.chance(0.34 if northern else 0.12)
        sky["shooting_star"] = bool(sky["stars"]) and dice.chance(0.18)
    elif time == "dusk" and clear and dice.chance(0.35):
        sky["stars"] = "some"
    cloudy = {"night": 0.22, "dusk": 0.45}.get(time, 0.55)
    if not clear or dice.chance(cloudy):
        sky["clouds"] = dice.weighted({"puffy": 4, "stripes": 2.5 if time != "day" else 1.0, "bank": 1.2})
    if time in ("dawn", "day") and weather in ("clear", "rain") and dice.chance(0.11):
        sky["rainbow"] = True
    if clear and dice.chance(0.24):
        sky["birds"] = dice.choice(("flock", "flock", "v"))
    return sky


def _things(
    dice: Dice, time: str, terrain: str, ground: str, season: str, bank: str, weather: str
) -> list[Placed]:
    family = _FAMILY_OF.get(terrain, "land")
    watery = ground in ("lake", "harbour", "sea")
    subjects = dict(_SUBJECTS_OF[family])
    if ground == "lake":
        subjects |= {"sailboat": 2.0, "bridge": 1.0}
        subjects.pop("tree", None)
        subjects.pop("windmill", None)
    elif ground == "river":
        subjects["bridge"] = 1.6
    if terrain == "city" and ground != "harbour":
        subjects = {"tree": 2, "": 2}
    subject = dice.weighted(subjects)
    x = dice.weighted({0: 1.0, 1: 0.7, 2: 1.0})
    place = (dice.uniform(0.16, 0.34), dice.uniform(0.42, 0.58), dice.uniform(0.66, 0.84))[int(x)]
    things: list[Placed] = []
    if subject:
        near = dice.uniform(0.25, 0.85)
        count = 1
        if subject in ("pines", "palms", "cactus", "sailboat"):
            count = dice.weighted({1: 3, 2: 2, 3: 1.4}) if subject != "pines" else dice.whole(2, 6)
        things.append(Placed(subject, place, near, dice.choice(_PAINTS_OF.get(subject, ("",))), "", count))
    if subject != "pines" and family in ("land", "snowfield") and dice.chance(0.36):
        things.append(
            Placed(
                "pines",
                1.0 - place if dice.chance(0.7) else dice.uniform(0.1, 0.9),
                dice.uniform(0.4, 1.0),
                "",
                "",
                dice.whole(1, 5),
            )
        )
    if subject not in ANIMALS and not watery and family in ("land", "snowfield") and dice.chance(0.16):
        other = dice.choice((0.2, 0.8)) if 0.36 < place < 0.64 else 1.0 - place
        things.append(
            Placed(dice.choice(ANIMALS), other + dice.uniform(-0.07, 0.07), dice.uniform(0.45, 0.9))
        )
    if weather in ("clear", "mist") and dice.chance(0.23):
        paint = dice.choice(_PAINTS_OF["hot air balloon"])
        second = dice.choice(
            [name for name in ("white", "yellow", "orange", "red", "blue", "pink") if name != paint]
        )
        things.append(
            Placed(
                "hot air balloon",
                dice.uniform(0.16, 0.84),
                dice.uniform(0.2, 1.0),
                paint,
                second,
                dice.weighted({1: 5, 2: 1, 3: 1.2}),
            )
        )
    return [thing for thing in things if not thing.paint or thing.paint in PAINTS]
