"""The ``selected_take`` and ``final_cut`` assets."""

from musicapp_pipeline.defs.asset import asset_of
from musicapp_pipeline.defs.stages import FINAL_CUT, RENDITIONS, SELECTED_TAKE

selected_take = asset_of(SELECTED_TAKE)
final_cut = asset_of(FINAL_CUT)
renditions = asset_of(RENDITIONS)
