"""The ``song`` asset."""

from musicapp_pipeline.defs.asset import asset_of
from musicapp_pipeline.defs.song.stage import STAGE

song = asset_of(STAGE)
