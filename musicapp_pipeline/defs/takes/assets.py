"""The ``clip`` and ``mezzanine`` assets."""

from musicapp_pipeline.defs.asset import asset_of
from musicapp_pipeline.defs.stages import CLIP, MEZZANINE

clip = asset_of(CLIP)
mezzanine = asset_of(MEZZANINE)
