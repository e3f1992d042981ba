"""The ``audio_analysis`` asset."""

from musicapp_pipeline.defs.analysis.stage import STAGE
from musicapp_pipeline.defs.asset import asset_of

audio_analysis = asset_of(STAGE)
