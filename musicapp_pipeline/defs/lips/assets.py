"""The ``vocal_segment``, ``lyric_alignment`` and ``lip_synced_clip`` assets."""

from musicapp_pipeline.defs.asset import asset_of
from musicapp_pipeline.defs.stages import LIP_SYNCED_CLIP, LYRIC_ALIGNMENT, VOCAL_SEGMENT

vocal_segment = asset_of(VOCAL_SEGMENT)
lyric_alignment = asset_of(LYRIC_ALIGNMENT)
lip_synced_clip = asset_of(LIP_SYNCED_CLIP)
