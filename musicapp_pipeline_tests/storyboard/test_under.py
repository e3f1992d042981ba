"""What is said of scenes whose cuts were moved is what a plan with these cuts would say."""

from dataclasses import asdict
from fractions import Fraction

from musicapp_pipeline.storyboard.model import PlannerOptions
from musicapp_pipeline.storyboard.plan import plan_scenes
from musicapp_pipeline.storyboard.under import under
from musicapp_pipeline_tests.storyboard.songs import song

OPTIONS = PlannerOptions(fps=Fraction(24))


def test_under_the_plans_own_cuts_lies_what_the_plan_says() -> None:
    analysis, lines = song(90.0)
    plan = plan_scenes(analysis, lines, OPTIONS)
    for scene, found in zip(plan, under(plan, analysis, lines, OPTIONS), strict=True):
        assert asdict(found) == scene.model_dump(include=set(asdict(found)))


def test_a_cut_off_every_beat_says_so() -> None:
    analysis, lines = song(90.0)
    first, second, *_ = plan_scenes(analysis, lines, OPTIONS)
    beats = {round(beat.time * 24) for beat in analysis.beats}
    frame = next(f for f in range(first.end_frame + 1, second.end_frame) if f not in beats)
    moved = second.model_copy(update={"start_frame": frame, "start_time": frame / 24})
    (found,) = under([moved], analysis, lines, OPTIONS)
    assert found.why.startswith("where it was put, off the beat")
    (found,) = under([moved], analysis, lines, OPTIONS, {frame})
    assert found.why.startswith("follows a scene that stays")
