"""What holds for every plan, whatever the song and the options are."""

from collections import Counter
from itertools import pairwise

from hypothesis import HealthCheck, given, settings

from musicapp_pipeline.storyboard.clips import longest_scene, sold_durations
from musicapp_pipeline.storyboard.plan import plan_scenes
from musicapp_pipeline.timebase import frame_at, whole_frames
from musicapp_pipeline_tests.storyboard.strategies import analyses, lyric_lines, planner_options

many = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@many
@given(analyses(), lyric_lines(), planner_options())
def test_scenes_tile_the_song_to_the_frame(analysis, lines, options):
    scenes = plan_scenes(analysis, lines, options)
    total = frame_at(analysis.duration, options.fps)
    assert scenes[0].start_frame == 0
    assert scenes[-1].end_frame == total
    assert sum(scene.frames for scene in scenes) == total
    assert all(a.end_frame == b.start_frame for a, b in pairwise(scenes))
    assert [scene.order for scene in scenes] == list(range(1, len(scenes) + 1))


@many
@given(analyses(), lyric_lines(), planner_options())
def test_each_scene_fits_the_shortest_clip_on_sale_that_covers_it(analysis, lines, options):
    sold = sold_durations(options)
    for scene in plan_scenes(analysis, lines, options):
        assert 1 <= scene.frames <= longest_scene(options)
        covering = [s for s in sold if whole_frames(s, options.fps) >= scene.frames]
        assert scene.clip_seconds == covering[0]


@many
@given(analyses(), lyric_lines(), planner_options())
def test_every_cut_lies_on_a_beat_unless_none_is_near_enough(analysis, lines, options):
    usable = analysis.beats if analysis.has_beat else ()
    beats = sorted({frame_at(beat.time, options.fps) for beat in usable})
    longest = longest_scene(options)
    total = frame_at(analysis.duration, options.fps)
    for scene in plan_scenes(analysis, lines, options)[1:]:
        cut = scene.start_frame
        before = max((b for b in [0, *beats] if b <= cut), default=0)
        after = min((b for b in [*beats, total] if b >= cut), default=total)
        assert cut in beats or after - before > longest
        assert frame_at(scene.start_time, options.fps) == cut
        if cut not in beats:
            assert "heard here" in scene.why


@many
@given(analyses(), lyric_lines(), planner_options())
def test_the_same_input_gives_the_same_plan(analysis, lines, options):
    assert plan_scenes(analysis, lines, options) == plan_scenes(analysis, lines, options)


@many
@given(analyses(), lyric_lines(), planner_options())
def test_performance_time_is_the_wanted_share_within_one_scene(analysis, lines, options):
    scenes = plan_scenes(analysis, lines, options)
    total = sum(scene.frames for scene in scenes)
    performed = sum(scene.frames for scene in scenes if scene.scene_type == "performance")
    if options.performance_density in (0.0, 1.0):
        assert performed == options.performance_density * total
    else:
        longest = max(scene.frames for scene in scenes)
        assert abs(performed - options.performance_density * total) <= longest


@many
@given(analyses(), lyric_lines(), planner_options())
def test_no_two_neighbours_are_alike(analysis, lines, options):
    for a, b in pairwise(plan_scenes(analysis, lines, options)):
        assert a.idea != b.idea
        assert a.shot.size != b.shot.size
        assert a.shot.angle != b.shot.angle
        assert a.shot.movement != b.shot.movement


@many
@given(analyses(), lyric_lines(), planner_options())
def test_every_usable_word_is_quoted_where_it_is_sung(analysis, lines, options):
    scenes = plan_scenes(analysis, lines, options)
    quoted = Counter(word for s in scenes for word in s.lyrics.replace("…", " ").split())
    usable = [line for line in lines if line.start_time < analysis.duration]
    sung = Counter(word for line in usable for word in line.text.split())
    assert set(quoted) == set(sung)
    for word, count in sung.items():
        assert quoted[word] >= count
    if all(len(line.text.split()) > 1 for line in usable):
        assert quoted == sung
