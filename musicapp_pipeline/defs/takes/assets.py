"""The ``clip`` and ``mezzanine`` assets."""

from musicapp_pipeline.defs.asset import asset_of
from musicapp_pipeline.defs.takes.clip import STAGE as CLIP
from musicapp_pipeline.defs.takes.mezzanine import STAGE as MEZZANINE

clip = asset_of(CLIP)
mezzanine = asset_of(MEZZANINE)
