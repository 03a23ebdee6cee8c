"""Heat maps of the starter point at what they are about, in drawn scenes of which that is known."""

from __future__ import annotations

import numpy as np

from tests.benchmarks.bench_heat import grounds, heat_of, hit, request_for, scenes


def test_the_sea_is_where_the_sea_is(shared_engine):
    for number, (scene, mask) in enumerate(grounds("sea", 3)):
        found = hit(heat_of(shared_engine, request_for(scene, "sailboat", number), "sea"), mask)
        assert found.chance < 0.75
        assert found.peak
        assert found.top > 0.95


def test_a_balloon_is_found_far_above_chance(shared_engine):
    hits = [
        hit(heat_of(shared_engine, request_for(scene, "hot air balloon", number), "balloon"), mask)
        for number, (scene, mask) in enumerate(scenes("hot air balloon", 3))
    ]
    assert np.mean([each.top for each in hits]) > 2 * np.mean([each.chance for each in hits])
