"""The ``storyboard`` and ``scene_plan`` assets."""

from musicapp_pipeline.defs.asset import asset_of
from musicapp_pipeline.defs.stages import SCENE_PLAN, STORYBOARD

storyboard = asset_of(STORYBOARD)
scene_plan = asset_of(SCENE_PLAN)
