"""The ``audio_analysis`` asset."""

from musicapp_pipeline.defs.asset import asset_of
from musicapp_pipeline.defs.stages import AUDIO_ANALYSIS

audio_analysis = asset_of(AUDIO_ANALYSIS)
