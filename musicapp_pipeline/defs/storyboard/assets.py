"""The ``storyboard`` and ``scene_plan`` assets."""

from musicapp_pipeline.defs.asset import asset_of
from musicapp_pipeline.defs.storyboard.scene_plan import STAGE as SCENE_PLAN
from musicapp_pipeline.defs.storyboard.stage import STAGE as STORYBOARD

storyboard = asset_of(STORYBOARD)
scene_plan = asset_of(SCENE_PLAN)
