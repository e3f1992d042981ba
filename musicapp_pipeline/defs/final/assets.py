"""The ``selected_take`` and ``final_cut`` assets."""

from musicapp_pipeline.defs.asset import asset_of
from musicapp_pipeline.defs.final.final_cut import STAGE as FINAL_CUT
from musicapp_pipeline.defs.final.renditions import STAGE as RENDITIONS
from musicapp_pipeline.defs.final.selected_take import STAGE as SELECTED_TAKE

selected_take = asset_of(SELECTED_TAKE)
final_cut = asset_of(FINAL_CUT)
renditions = asset_of(RENDITIONS)
