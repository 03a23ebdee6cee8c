"""The drawn world: flat-art landscapes by seed, with captions, masks, depth and line art."""

from starter_checkpoint.world.plan import OBJECTS, STYLES, Placed, Plan, make_plan
from starter_checkpoint.world.scene import BUCKETS, Scene, SceneObject, render, render_plan

__all__ = [
    "BUCKETS",
    "OBJECTS",
    "STYLES",
    "Placed",
    "Plan",
    "Scene",
    "SceneObject",
    "make_plan",
    "render",
    "render_plan",
]
