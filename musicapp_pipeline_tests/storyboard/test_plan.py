"""The planner's rules, on songs whose truth is known."""

from fractions import Fraction

from musicapp_pipeline.storyboard.model import PlannerOptions
from musicapp_pipeline.storyboard.plan import plan_scenes
from musicapp_pipeline.timebase import frame_at
from musicapp_pipeline_tests.storyboard.songs import song

FPS = Fraction(24)


def test_scenes_tile_the_song_and_cut_on_beats():
    analysis, lines = song(95.0, jitter=0.01)
    scenes = plan_scenes(analysis, lines, PlannerOptions(fps=FPS))
    beats = {frame_at(beat.time, FPS) for beat in analysis.beats}
    assert scenes[0].start_frame == 0
    assert scenes[-1].end_frame == frame_at(analysis.duration, FPS)
    for before, after in zip(scenes, scenes[1:], strict=False):
        assert before.end_frame == after.start_frame
        assert after.start_frame in beats
