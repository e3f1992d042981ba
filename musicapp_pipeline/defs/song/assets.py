"""The ``song`` asset."""

from musicapp_pipeline.defs.asset import asset_of
from musicapp_pipeline.defs.stages import SONG

song = asset_of(SONG)
