"""Captions: what a picture shows, in the order and wording in which people type prompts.

Tags, sentences and both mixed; much is left out, so that short prompts are as familiar as long ones. What is said is
always true.
"""

from __future__ import annotations

from starter_checkpoint.world.dice import Dice
from starter_checkpoint.world.plan import Placed, Plan

_TIMES = {
    "dawn": ("dawn", "sunrise", "early morning", "dawn"),
    "day": ("day", "daytime", "midday", "day"),
    "sunset": ("sunset", "sunset", "golden hour", "evening sun"),
    "dusk": ("dusk", "twilight", "dusk", "blue hour"),
    "night": ("night", "night", "midnight", "nighttime"),
}
_TERRAINS = {
    "mountains": ("mountains", "mountains", "a mountain range", "rugged mountains"),
    "snowy mountains": ("snowy mountains", "snow-capped mountains", "snowy peaks", "snowy mountains"),
    "hills": ("hills", "rolling hills", "green hills", "hills"),
    "dunes": ("desert dunes", "a desert", "sand dunes", "desert"),
    "forest": ("a forest", "forest", "woods", "forest"),
    "sea": ("the sea", "sea", "the ocean", "open sea"),
    "city": ("a city skyline", "city skyline", "a city", "skyscrapers"),
    "canyon": ("a canyon", "canyon", "red rock canyon", "mesas"),
    "volcano": ("a volcano", "volcano", "a volcano", "volcano"),
    "snowfield": ("a snowfield", "snowfield", "snowy plains", "winter landscape"),
    "beach": ("a beach", "beach", "tropical beach", "sandy beach"),
}
_STYLES = {
    "flat": ("flat illustration", "flat art", "vector art", "minimalist", "flat style"),
    "pastel": ("pastel", "pastel colours", "pastel colors", "soft pastel style"),
    "neon": ("neon", "synthwave", "neon style", "neon lights"),
    "ink": ("ink drawing", "monochrome ink", "black and white ink", "ink wash"),
    "paper-cut": ("paper cut", "paper-cut", "paper cut art", "layered paper"),
    "watercolour": ("watercolour", "watercolor", "watercolour wash", "watercolor painting"),
}
_GROUNDS = {
    "lake": ("a lake", "lake", "a calm lake", "lake with reflections"),
    "river": ("a river", "river", "a winding river", "river"),
    "meadow": ("a meadow", "flower meadow", "wildflowers", "a meadow with flowers"),
    "plain": ("grassland", "a green field", "grass", ""),
    "road": ("a road", "road", "a winding road", "road"),
    "path": ("a path", "a footpath", "a winding path", "path"),
    "lavender field": ("a lavender field", "lavender", "lavender field", "purple fields"),
    "wheat field": ("a wheat field", "wheat", "golden fields", "wheat field"),
    "snow": ("snow", "snow", "snowy ground", "winter"),
    "harbour": ("by the water", "waterfront", "reflections in the water", "river"),
}
_NAMES: dict[str, tuple[str, ...]] = {
    "cabin": ("cabin", "cabin", "small house", "cottage"),
    "castle": ("castle",),
    "lighthouse": ("lighthouse",),
    "windmill": ("windmill",),
    "chapel": ("church", "chapel"),
    "tent": ("tent", "tent", "camping tent"),
    "sailboat": ("sailboat", "sailboat", "boat", "sailing boat"),
    "hot air balloon": ("hot air balloon", "hot air balloon", "balloon"),
    "bridge": ("bridge",),
    "tree": ("tree",),
    "cactus": ("cactus",),
    "palms": ("palm tree", "palm"),
    "pines": ("pine tree", "fir tree", "pine"),
    "birds": ("birds",),
    "sun": ("sun",),
    "moon": ("moon",),
}
_PLURALS = {
    "cactus": "cacti",
    "chapel": "chapels",
    "church": "churches",
    "wolf": "wolves",
    "deer": "deer",
    "fox": "foxes",
}
_NUMBERS = {2: "two", 3: "three", 4: "four"}
_ARTICLED = ("a ", "an ", "the ")


def _with_article(noun: str) -> str:
    return ("an " if noun[0] in "aeiou" else "a ") + noun


def _plural(noun: str) -> str:
    first, _, last = noun.rpartition(" ")
    return (first + " " if first else "") + _PLURALS.get(last, last + "s")


def side_of(x: float) -> str:
    """Where something at `x` (0…1) is, in words."""
    return "on the left" if x < 0.38 else "on the right" if x > 0.62 else "in the middle"


def _thing(placed: Placed, plan: Plan, dice: Dice, colour: bool, place: bool) -> str:
    noun = dice.choice(_NAMES.get(placed.kind, (placed.kind,)))
    if placed.kind == "tree" and plan.season != "green":
        noun = {"autumn": "autumn tree", "blossom": "cherry tree", "winter": "bare tree"}[plan.season]
    if placed.kind == "pines" and plan.season == "winter" and dice.chance(0.4):
        noun = "snowy " + noun
    speaks_of_paint = (
        colour and bool(placed.paint) and not (placed.kind == "bridge" and plan.terrain != "city")
    )
    if speaks_of_paint and placed.count == 1:
        noun = _painted(placed, noun, dice)
    elif speaks_of_paint and placed.kind == "sailboat" and placed.paint != "white":
        noun = f"{noun} with {placed.paint} sails" if placed.count == 1 else noun
    if placed.count == 1:
        phrase = _with_article(noun)
    else:
        number = _NUMBERS.get(placed.count, "several")
        phrase = dice.choice((f"{number} {_plural(noun)}", _plural(noun)))
    if not place or placed.kind == "bridge":
        return phrase
    where = side_of(placed.x)
    if placed.count > 1:
        where = ""
    if placed.kind not in ("sun", "moon", "birds") and placed.near < 0.28 and dice.chance(0.5):
        where = "in the distance"
    elif (
        placed.kind not in ("sun", "moon", "birds", "hot air balloon")
        and placed.near > 0.78
        and dice.chance(0.5)
    ):
        where = "in the foreground"
    return f"{phrase} {where}".strip()


def _painted(placed: Placed, noun: str, dice: Dice) -> str:
    if placed.kind in ("cabin", "castle", "chapel", "windmill"):
        return f"{noun} with {_with_article(placed.paint)} roof"
    if placed.kind == "sailboat":
        return f"{noun} with {placed.paint} sails" if dice.chance(0.5) else f"{placed.paint} {noun}"
    if placed.kind == "lighthouse":
        return f"{placed.paint} and white {noun}" if dice.chance(0.5) else f"{placed.paint} {noun}"
    if placed.kind == "hot air balloon" and placed.second and dice.chance(0.3):
        return f"{placed.paint} and {placed.second} {noun}"
    return f"{placed.paint} {noun}"


def object_caption(placed: Placed, plan: Plan) -> str:
    """The caption of one object alone, such as inpainting asks for: "a red hot air balloon"."""
    dice = Dice(plan.seed ^ int(placed.x * 1e6))
    if placed.kind in ("sun", "moon"):
        return f"the {placed.kind}"
    if placed.kind == "birds":
        return "birds"
    return _thing(placed, plan, dice, colour=True, place=False)


def _sky_phrases(plan: Plan, dice: Dice) -> list[str]:
    phrases = []
    if plan.sun:
        extra = {"rays": "sun rays", "rings": "the sun", "plain": "the sun"}[plan.sun]
        phrases.append(dice.choice((extra, "the sun", "sun", f"the sun {side_of(plan.light_x)}")))
    if plan.moon:
        name = {"full": "full moon", "crescent": "crescent moon"}[plan.moon]
        phrases.append(
            dice.choice(("the moon", "moon", f"a {name}", name, f"the moon {side_of(plan.light_x)}"))
        )
    if plan.stars:
        phrases.append(
            dice.choice(
                ("stars", "starry sky", "stars")
                if plan.stars == "some"
                else ("starry sky", "milky way", "many stars")
            )
        )
    if plan.aurora:
        phrases.append(dice.choice(("aurora", "northern lights", "aurora borealis", "an aurora")))
    if plan.rainbow:
        phrases.append(dice.choice(("a rainbow", "rainbow")))
    if plan.shooting_star:
        phrases.append(dice.choice(("a shooting star", "shooting star")))
    if plan.clouds:
        phrases.append(
            {
                "puffy": dice.choice(
                    ("clouds", "fluffy clouds", "white clouds" if plan.time == "day" else "clouds")
                ),
                "stripes": dice.choice(("clouds", "thin clouds", "streaks of cloud")),
                "bank": dice.choice(("clouds", "clouds on the horizon")),
            }[plan.clouds]
        )
    if plan.birds:
        phrases.append(dice.choice(("birds", "flying birds", "a flock of birds")))
    if plan.weather != "clear":
        phrases.append(
            {
                "mist": dice.choice(("mist", "fog", "misty", "foggy")),
                "rain": dice.choice(("rain", "rainy", "falling rain")),
                "snow": dice.choice(("snowfall", "falling snow", "snowing")),
            }[plan.weather]
        )
    return phrases


def _detail_phrases(plan: Plan, dice: Dice) -> list[str]:
    phrases = []
    if (
        plan.ground in _GROUNDS
        and plan.ground != "plain"
        and not (plan.ground == "snow" and plan.terrain == "snowfield" and dice.chance(0.6))
    ):
        phrases.append(dice.choice(_GROUNDS[plan.ground]))
    if plan.flowers and dice.chance(0.45):
        names = plan.flowers[: dice.whole(1, 2)]
        phrases.append(
            " and ".join(names) + " flowers"
            if len(plan.flowers) <= 2 and len(names) == len(plan.flowers)
            else f"{names[0]} flowers"
        )
    if plan.erupting:
        phrases.append(dice.choice(("lava", "erupting", "glowing lava", "eruption")))
    if plan.season == "autumn" and plan.terrain in ("forest", "hills") and dice.chance(0.8):
        phrases.append(dice.choice(("autumn", "autumn colours", "fall colors", "autumn")))
    if plan.season == "winter" and plan.terrain not in ("snowfield", "snowy mountains") and dice.chance(0.6):
        phrases.append("winter")
    return phrases


def describe(plan: Plan, dice: Dice) -> str:
    """A caption of the whole picture."""
    time = dice.choice(_TIMES[plan.time])
    land = dice.choice(_TERRAINS[plan.terrain])
    if plan.terrain == "forest" and plan.season == "autumn" and dice.chance(0.5):
        land = "an autumn forest"
    style = dice.choice(_STYLES[plan.style])
    say_style = dice.chance(0.93 if plan.style != "flat" else 0.28)
    things = [_thing(thing, plan, dice, dice.chance(0.62), dice.chance(0.34)) for thing in plan.things]
    sky, details = _sky_phrases(plan, dice), _detail_phrases(plan, dice)
    kept = [phrase for phrase in things if dice.chance(0.93)]
    kept += [phrase for phrase in details if dice.chance(0.82)] + [
        phrase for phrase in sky if dice.chance(0.74)
    ]
    form = dice.weighted({"tags": 3, "sentence": 3, "mixed": 3, "short": 1.6})
    if form == "short":
        return _short(dice, time, land, style if say_style else "", things, details + sky)
    kept = dice.shuffled(kept)
    if form == "tags":
        tags = [_bare(land), time, *(_bare(phrase) if dice.chance(0.5) else phrase for phrase in kept)]
        tags = [tag for tag in tags if tag]
        if dice.chance(0.6):
            tags = dice.shuffled(tags)
        if say_style:
            tags.insert(0 if dice.chance(0.5) else len(tags), style)
        return ", ".join(tags)
    opening = dice.choice(
        (
            f"{land} at {time}",
            f"{land} at {time}",
            f"{time} over {_definite(land)}",
            f"a {time} landscape with {land}",
            f"{land}, {time}",
            f"a landscape of {_bare(land)} at {time}",
        )
    )
    if say_style and dice.chance(0.5):
        opening = dice.choice(
            (f"{style} of {opening}", f"{style}, {opening}", f"{style} landscape, {opening}")
        )
        say_style = False
    if form == "mixed":
        parts = [opening, *kept]
    else:
        count = len(kept) if len(kept) < 3 else dice.whole(2, len(kept))
        parts = [opening + (" with " + _listed(kept[:count]) if kept else ""), *kept[count:]]
    if say_style:
        parts.append(
            dice.choice(
                (
                    style,
                    f"in {style}"
                    if " " not in style and plan.style in ("neon", "pastel", "watercolour")
                    else style,
                )
            )
        )
    return ", ".join(part for part in parts if part)


def _short(dice: Dice, time: str, land: str, style: str, things: list[str], others: list[str]) -> str:
    parts = []
    if things and dice.chance(0.75):
        parts.append(dice.choice(things))
    elif others and dice.chance(0.6):
        parts.append(dice.choice(others))
    if not parts or dice.chance(0.65):
        parts.append(_bare(land) if dice.chance(0.5) else land)
    if dice.chance(0.62):
        if len(parts) == 1 and dice.chance(0.5):
            parts[0] += f" at {time}"
        else:
            parts.append(time)
    if style and (dice.chance(0.85)):
        parts.insert(dice.whole(0, len(parts)), style)
    return ", ".join(parts)


def _bare(phrase: str) -> str:
    for article in _ARTICLED:
        if phrase.startswith(article):
            return phrase[len(article) :]
    return phrase


def _definite(phrase: str) -> str:
    return (
        "the " + phrase[2:]
        if phrase.startswith("a ")
        else "the " + phrase[3:]
        if phrase.startswith("an ")
        else phrase
    )


def _listed(phrases: list[str]) -> str:
    return phrases[0] if len(phrases) == 1 else ", ".join(phrases[:-1]) + " and " + phrases[-1]
