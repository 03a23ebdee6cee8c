"""The painter: one plan, painted onto a canvas from back to front."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from starter_checkpoint.world import boats, buildings, ground, sky, terrain, wonders
from starter_checkpoint.world.canvas import Canvas, mix
from starter_checkpoint.world.dice import Dice
from starter_checkpoint.world.palettes import Look, make_look, rgb
from starter_checkpoint.world.plan import Placed, Plan
from starter_checkpoint.world.styles import palette_for
from starter_checkpoint.world.things import ON_SHORE, SIZES, draw_thing


class Painter:
    """Paints one plan onto a canvas."""

    def __init__(self, plan: Plan, size: tuple[int, int], track: bool) -> None:
        self.plan = plan
        self.dice = Dice(plan.seed ^ 0x9A1E77)
        self.canvas = Canvas(*size, track)
        mist = {"mist": 0.75, "rain": 0.35, "snow": 0.30}.get(plan.weather, 0.0)
        self.look: Look = make_look(plan.time, mist, self.dice, palette_for(plan.style, plan.time, self.dice))
        self._drawn: list[tuple[int, Placed]] = []
        u = self.canvas.unit
        self.horizon = plan.horizon * self.canvas.height
        self.top = self.horizon + u * self.dice.uniform(0.09, 0.13)
        radius = u * (self.dice.uniform(0.040, 0.075) if plan.sun else self.dice.uniform(0.032, 0.052))
        self.light = (plan.light_x * self.canvas.width, plan.light_y * self.horizon, radius)

    @property
    def drawn(self) -> tuple[tuple[int, Placed], ...]:
        """The things drawn so far, with their numbers on the canvas."""
        return tuple(self._drawn)

    def paint(self) -> None:
        """Everything, from the zenith to our feet."""
        plan, canvas, look, dice = self.plan, self.canvas, self.look, self.dice
        self._paint_sky()
        self._paint_terrain()
        self._paint_in_the_air()
        if plan.ground in ("lake", "harbour"):
            self._paint_at_shore()
        self._paint_ground()
        self._paint_things()
        if plan.weather == "mist":
            canvas.veil(self.horizon - 0.1 * canvas.unit, self.top, canvas.height * 0.95, look.haze, 0.42)
        with canvas.untracked():
            if plan.weather == "rain":
                sky.paint_rain(canvas, look, dice)
            elif plan.weather == "snow":
                sky.paint_snowfall(canvas, look, dice)

    def _thing(self, placed: Placed) -> None:
        self._drawn.append((self.canvas.next_object, placed))

    def _paint_sky(self) -> None:
        plan, canvas, look, dice = self.plan, self.canvas, self.look, self.dice
        lit = bool(plan.sun or plan.moon)
        strength = 0.75 if plan.sun else 0.30
        sky.paint_gradient(canvas, look, self.horizon, self.light if lit else None, strength)
        with canvas.untracked():
            if plan.stars:
                sky.paint_stars(canvas, look, dice, self.horizon, plan.stars == "many")
        if plan.aurora:
            sky.paint_aurora(canvas, dice, self.horizon)
        canvas.at_depth(0.99)
        if plan.sun:
            self._thing(Placed("sun", plan.light_x, 0.0))
            with canvas.object():
                sky.paint_sun(canvas, look, self.light, dice, plan.sun)
        elif plan.moon:
            self._thing(Placed("moon", plan.light_x, 0.0))
            with canvas.object():
                sky.paint_moon(canvas, look, self.light, dice, plan.moon)
        if plan.shooting_star:
            with canvas.untracked():
                sky.paint_shooting_star(canvas, dice, self.horizon)
        canvas.at_depth(0.97)
        if plan.rainbow:
            with canvas.untracked():
                sky.paint_rainbow(canvas, dice, self.horizon)
        if plan.clouds:
            sky.paint_clouds(canvas, look, dice, self.horizon, plan.clouds)

    def _paint_terrain(self) -> None:
        plan, canvas, look, dice = self.plan, self.canvas, self.look, self.dice
        light_x = self.light[0]
        match plan.terrain:
            case "mountains" | "snowy mountains":
                terrain.paint_mountains(
                    canvas, look, dice, self.horizon, light_x, plan.terrain == "snowy mountains"
                )
            case "hills":
                material = (
                    terrain.SNOW
                    if plan.season == "winter"
                    else mix(terrain.GRASS, terrain.AUTUMN[2], 0.45 if plan.season == "autumn" else 0.0)
                )
                terrain.paint_hills(canvas, look, dice, self.horizon, material, trees=True)
            case "snowfield":
                terrain.paint_hills(canvas, look, dice, self.horizon, terrain.SNOW, trees=False)
            case "dunes":
                terrain.paint_dunes(canvas, look, dice, self.horizon, light_x)
            case "forest":
                terrain.paint_forest(canvas, look, dice, self.horizon, plan.season == "autumn")
            case "city":
                terrain.paint_city(canvas, look, dice, self.horizon, self.top)
            case "canyon":
                wonders.paint_canyon(canvas, look, dice, self.horizon, light_x)
            case "volcano":
                wonders.paint_volcano(canvas, look, dice, self.horizon, light_x, plan.erupting)
            case _:
                if dice.chance(0.55):
                    wonders.paint_far_coast(canvas, look, dice, self.horizon)

    def _paint_in_the_air(self) -> None:
        plan, canvas, look, dice = self.plan, self.canvas, self.look, self.dice
        if plan.birds:
            x, y = dice.uniform(0.25, 0.75) * canvas.width, dice.uniform(0.18, 0.6) * self.horizon
            canvas.at_depth(0.6)
            self._thing(Placed("birds", x / canvas.width, 0.5))
            with canvas.object():
                sky.paint_birds(canvas, look, dice, x, y, plan.birds)
        for placed in plan.things:
            if placed.kind != "hot air balloon":
                continue
            for k in range(placed.count):
                near = placed.near * (1.0 if k == 0 else dice.uniform(0.25, 0.6))
                size = canvas.unit * (0.11 + 0.20 * near)
                x = (
                    placed.x
                    if k == 0
                    else (placed.x + dice.choice((-1, 1)) * dice.uniform(0.22, 0.42)) % 0.9 + 0.05
                )
                low, high = size * 1.05, max(size * 1.1, self.horizon * 0.9)
                depth = 0.75 - 0.55 * near
                canvas.at_depth(depth)
                paint = (
                    placed.paint
                    if k == 0
                    else dice.choice(("red", "orange", "yellow", "blue", "purple", "green"))
                )
                self._thing(Placed(placed.kind, x, near, paint, placed.second))
                with canvas.object():
                    boats.draw_balloon(
                        canvas,
                        look,
                        dice,
                        x * canvas.width,
                        dice.uniform(low, high),
                        size,
                        depth,
                        paint,
                        placed.second,
                    )

    def _paint_at_shore(self) -> None:
        """Bridges and what stands beyond the water are painted before it, so that it mirrors them."""
        canvas, look, dice = self.canvas, self.look, self.dice
        if self.plan.terrain == "city":
            canvas.at_depth(0.5)
            canvas.rect(
                -4,
                self.top - canvas.unit * 0.012,
                canvas.width + 4,
                self.top + 2,
                mix(look.land(rgb("#5c6068"), 0.4), look.palette.shade, 0.3),
            )
        else:
            material = terrain.SNOW if self.plan.season == "winter" else terrain.GRASS
            x = terrain.columns(canvas, 2.5)
            y = (
                self.top
                - canvas.unit * 0.012
                - np.abs(dice.noise(x, canvas.unit * 0.4, 3, 0.4)) * canvas.unit * 0.022
            )
            color = look.land(mix(material, terrain.PINE, 0.3 if material is terrain.GRASS else 0.0), 0.45)
            canvas.at_depth(0.48)
            canvas.below(x, y, color, mix(color, look.palette.shade, 0.25), canvas.unit * 0.05)
        for placed in self.plan.things:
            if placed.kind == "bridge":
                self._draw(placed, placed.x * canvas.width, self.top, canvas.unit * 0.09, 0.42)
            elif placed.kind in ON_SHORE and placed.near < 0.62:
                self._draw(
                    placed,
                    placed.x * canvas.width,
                    self.top - canvas.unit * 0.004,
                    self._size(placed, 0.22),
                    0.40,
                )

    def _paint_ground(self) -> None:
        plan, canvas, look, dice = self.plan, self.canvas, self.look, self.dice
        light = self.light if plan.sun or plan.moon else None
        material = ground.ground_of(plan.terrain)
        if plan.season == "winter":
            material = terrain.SNOW
        elif plan.season == "autumn" and plan.terrain not in ("dunes", "canyon", "beach"):
            material = mix(material, terrain.AUTUMN[2], 0.35)
        match plan.ground:
            case "sea":
                ground.paint_sea(canvas, look, dice, self.horizon, canvas.height, light)
            case "lake" | "harbour":
                ground.paint_lake(canvas, look, dice, self.top, light)
            case "lavender field":
                ground.paint_field_rows(canvas, look, dice, self.top, rgb("#8a6cc4"))
            case "wheat field":
                ground.paint_field_rows(canvas, look, dice, self.top, rgb("#e6bc54"))
            case _:
                ground.paint_plain(
                    canvas,
                    look,
                    dice,
                    self.top,
                    material,
                    0.5 if plan.ground in ("road", "path", "river") else 1.0,
                )
        if plan.ground in ("meadow", "plain", "sand", "snow", "river", "road", "path"):
            kind = (
                "ripples"
                if plan.ground == "sand" or plan.season == "winter"
                else "stones"
                if plan.terrain == "canyon"
                else "tufts"
            )
            ground.paint_scatter(canvas, look, dice, self.top, material, kind)
        match plan.ground:
            case "river":
                bridged = [placed for placed in plan.things if placed.kind == "bridge"]
                ground.paint_river(canvas, look, dice, self.top)
                for placed in bridged:
                    self._draw(
                        placed,
                        0.5 * canvas.width,
                        self.top + 0.42 * (canvas.height - self.top),
                        canvas.unit * 0.12,
                        0.30,
                    )
            case "road":
                ground.paint_road(canvas, look, dice, self.top, paved=True)
            case "path":
                ground.paint_road(canvas, look, dice, self.top, paved=False)
            case "meadow":
                ground.paint_flowers(
                    canvas,
                    look,
                    dice,
                    self.top,
                    [ground.FLOWERS[name] for name in plan.flowers],
                    dice.chance(0.5),
                )
        if plan.terrain == "beach":
            self.top = ground.paint_beach(canvas, look, dice, self.horizon)

    def _paint_things(self) -> None:
        plan, canvas = self.plan, self.canvas
        watery = plan.ground in ("lake", "harbour", "sea") and plan.terrain != "beach"
        for placed in sorted(plan.things, key=lambda thing: thing.near):
            x = placed.x * canvas.width
            if placed.kind == "sailboat":
                self._paint_boats(placed)
            elif placed.kind == "lighthouse":
                self._paint_on_rock(placed)
            elif placed.kind in ("hot air balloon", "bridge") or watery:
                continue
            else:
                self._paint_standing(placed, x)
        if not plan.bank or plan.terrain == "beach" or (plan.terrain == "sea" and plan.bank == "all"):
            if watery and plan.terrain not in ("city", "sea"):
                self._paint_bank_things("all")
            return
        self._paint_bank_things(plan.bank)

    def _paint_bank_things(self, side: str) -> None:
        """The near bank, and on it what has no other place when all before us is water."""
        plan, canvas, look, dice = self.plan, self.canvas, self.look, self.dice
        u = canvas.unit
        watery = plan.ground in ("lake", "harbour", "sea")
        standing = (
            [
                thing
                for thing in plan.things
                if thing.kind not in ("sailboat", "lighthouse", "hot air balloon", "bridge")
                and watery
                and not (thing.kind in ON_SHORE and thing.near < 0.62)
            ]
            if plan.terrain != "sea"
            else []
        )
        if standing:
            side = "all"
        material = (
            terrain.SNOW
            if plan.season == "winter"
            else ground.ground_of(plan.terrain)
            if plan.terrain != "city"
            else rgb("#5c7a56")
        )
        level = canvas.height - u * dice.uniform(0.075, 0.13)
        x, y = ground.paint_bank(
            canvas,
            look,
            dice,
            level,
            material,
            material is not terrain.SNOW and plan.terrain not in ("dunes", "canyon"),
            side,
        )
        for thing in standing:
            at = thing.x * canvas.width
            self._paint_standing(thing, at, (x, y))

    def _paint_standing(
        self, placed: Placed, x: float, line: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
    ) -> None:
        canvas, dice = self.canvas, self.dice
        near = placed.near
        if placed.kind == "pines":
            count = placed.count
        else:
            count = placed.count if placed.kind in ("palms", "cactus") else 1
        room = canvas.height - self.top
        for k in range(count):
            at = (
                x
                if k == 0
                else x + dice.uniform(-0.22, 0.22) * canvas.width * (1.2 if placed.kind == "cactus" else 1.0)
            )
            close = near if k == 0 else float(np.clip(near + dice.uniform(-0.25, 0.2), 0.1, 1.0))
            if line is None:
                y = self.top + room * (0.10 + 0.80 * close)
            else:
                y, close = float(np.interp(at, *line)) + canvas.unit * 0.012, 0.85
            depth = 0.36 * (1.0 - close)
            share = {
                "pines": dice.uniform(0.75, 1.15),
                "palms": dice.uniform(0.85, 1.1),
                "cactus": dice.uniform(0.7, 1.05),
            }.get(placed.kind, 1.0)
            self._draw(placed, at, y, self._size(placed, close) * share, depth)

    def _size(self, placed: Placed, near: float) -> float:
        low, high = SIZES[placed.kind]
        return self.canvas.unit * (low + (high - low) * near)

    def _paint_boats(self, placed: Placed) -> None:
        canvas, dice = self.canvas, self.dice
        top = self.horizon if self.plan.ground == "sea" else self.top
        bottom = (
            self.top
            if self.plan.terrain == "beach"
            else canvas.height
            - canvas.unit * (0.14 if self.plan.bank or self.plan.terrain != "sea" else 0.05)
        )
        for k in range(placed.count):
            near = placed.near if k == 0 else dice.uniform(0.02, 0.6)
            x = (
                placed.x
                if k == 0
                else (placed.x + dice.choice((-1, 1)) * dice.uniform(0.2, 0.4)) % 0.9 + 0.05
            )
            reach = 0.5 if self.plan.terrain == "beach" else 0.9
            y = top + (bottom - top) * (0.08 + reach * near)
            self._draw(placed, x * canvas.width, y, self._size(placed, near), 0.7 * (1.0 - near))

    def _paint_on_rock(self, placed: Placed) -> None:
        """A lighthouse stands on a rock in the sea, or on a dark cape that reaches in from the side."""
        canvas, look, dice = self.canvas, self.look, self.dice
        x = placed.x * canvas.width
        limit = self.top if self.plan.terrain == "beach" else canvas.height
        y = self.horizon + (limit - self.horizon) * (0.18 + 0.55 * placed.near)
        size = self._size(placed, placed.near)
        wide = size * dice.uniform(0.42, 0.62)
        side = -1.0 if placed.x < 0.5 else 1.0
        cape = dice.chance(0.55)
        depth = 0.5 * (1.0 - placed.near)
        canvas.at_depth(depth + 0.02)
        turn = np.linspace(0.0, 1.0, 18)
        rise = np.sin(turn * np.pi) ** 0.6 * size * 0.20 + dice.noise(turn, 0.2, 3) * size * 0.025 * np.sin(
            turn * np.pi
        )
        reach = x - wide + 2 * wide * turn
        if cape:
            outer = reach < x if side < 0 else reach > x
            rise = np.where(outer, np.maximum(rise, size * 0.20), rise)
            reach = np.where(outer, x + (reach - x) * 6.0, reach)
        stone = mix(look.thing(terrain.ROCK, depth), look.palette.shade, 0.42)
        ring = np.concatenate(
            [np.stack([reach, y - rise], 1), [(reach[-1], y + size * 0.02), (reach[0], y + size * 0.02)]]
        )
        with canvas.untracked():
            canvas.gradient(
                [np.stack([reach, y + rise * 0.7], 1)], y, y + size * 0.15, stone, stone, 0.40, 0.05
            )
        canvas.gradient([ring], y - size * 0.2, y, mix(stone, look.lit(terrain.GRASS), 0.28), stone)
        with canvas.untracked():
            foam = mix(look.palette.sky[-1], (255.0, 255.0, 255.0), 0.2 if look.is_dark else 0.6)
            canvas.rect(
                float(reach.min()), y + size * 0.008, float(reach.max()), y + size * 0.026, foam, 0.55
            )
        self._draw(placed, x, y - size * 0.185, size, depth)
        if cape and dice.chance(0.5):
            canvas.at_depth(depth)
            buildings.draw_cabin(
                canvas, look, dice, x + side * size * 0.42, y - size * 0.19, size * 0.17, depth, placed.paint
            )

    def _draw(self, placed: Placed, x: float, y: float, size: float, depth: float) -> None:
        """One thing, recorded as an object."""
        canvas, look, dice, plan = self.canvas, self.look, self.dice, self.plan
        canvas.at_depth(depth)
        self._thing(Placed(placed.kind, x / canvas.width, placed.near, placed.paint, placed.second))
        if placed.kind not in ("sailboat", "bridge", "lighthouse"):
            self._cast_shadow(x, y, size)
        with canvas.object():
            draw_thing(canvas, look, dice, plan, placed, x, y, size, depth)

    def _cast_shadow(self, x: float, y: float, size: float) -> None:
        """What stands on the ground darkens it: around its foot, and away from the light."""
        canvas, look = self.canvas, self.look
        away = (
            float(np.clip((x - self.light[0]) / canvas.width * 2.0, -1.0, 1.0))
            if self.plan.sun or self.plan.moon
            else 0.0
        )
        with canvas.untracked():
            canvas.ellipse(
                x + away * size * 0.16,
                y + size * 0.008,
                size * (0.30 + 0.12 * abs(away)),
                size * 0.035,
                look.palette.shade,
                0.26,
            )
