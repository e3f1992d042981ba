"""Composes the Dagster definitions, nothing else."""

import dagster as dg

from musicapp_pipeline.defs import jobs, schedules, sensors
from musicapp_pipeline.defs.analysis.assets import audio_analysis
from musicapp_pipeline.defs.final.assets import final_cut, renditions, selected_take
from musicapp_pipeline.defs.final.checks import final_cut_is_exact
from musicapp_pipeline.defs.lips.assets import lip_synced_clip, lyric_alignment, vocal_segment
from musicapp_pipeline.defs.resources import bench
from musicapp_pipeline.defs.song.assets import song
from musicapp_pipeline.defs.storyboard.assets import scene_plan, storyboard
from musicapp_pipeline.defs.takes.assets import clip, mezzanine
from musicapp_pipeline.defs.takes.checks import mezzanine_frames_are_exact, no_take_in_doubt

defs = dg.Definitions(
    assets=[
        song,
        audio_analysis,
        storyboard,
        scene_plan,
        clip,
        mezzanine,
        vocal_segment,
        lyric_alignment,
        lip_synced_clip,
        selected_take,
        final_cut,
        renditions,
    ],
    asset_checks=[no_take_in_doubt, mezzanine_frames_are_exact, final_cut_is_exact],
    jobs=jobs.ALL,
    sensors=sensors.ALL,
    schedules=schedules.ALL,
    resources={"bench": bench},
    executor=dg.in_process_executor,
)
