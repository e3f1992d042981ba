"""What the prompt says decides what is drawn; every picture moves and none is empty."""

import numpy as np
import pytest

from musicapp_pipeline.generation.picture.brief import read_brief
from musicapp_pipeline.generation.picture.face import find_face, person_matte
from musicapp_pipeline.generation.picture.families import family
from musicapp_pipeline.generation.picture.finish import Finisher
from musicapp_pipeline.generation.picture.performance import Performance
from musicapp_pipeline.generation.picture.render import Stopped, _decoded, _portrait, render_clip
from musicapp_pipeline.generation.picture.words import FAMILIES
from musicapp_pipeline.storyboard.model import ProjectBrief, SceneBrief, Shot
from musicapp_pipeline.storyboard.prompts import build_scene_prompt

SHOT = Shot(size="wide shot", angle="eye level", movement="slow push-in", light="grey first light")


def prompt(kind="broll", *, preset=None, shot=SHOT, **scene):
    return build_scene_prompt(
        ProjectBrief(title="Song", style_preset=preset),
        SceneBrief(scene_type=kind, shot=shot, **scene),
        [],
    )


@pytest.mark.parametrize("size", [(320, 180), (180, 320), (256, 256)])
@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_every_family_draws_moving_pictures_at_any_size(name, size):
    width, height = size
    picture = family(name)(read_brief(f"a {name}", name), width, height, 4.0)
    first, later = picture.frame(0.0), picture.frame(2.0)
    assert first.shape == (height, width, 3) and first.dtype == np.uint8
    assert first.std() > 6
    assert np.abs(first.astype(int) - later).mean() > 0.8


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_every_family_draws_the_same_again(name):
    brief = read_brief("x", "same")
    one, two = (family(name)(brief, 160, 90, 4.0).frame(1.5) for _ in range(2))
    assert (one == two).all()


def test_the_families_look_different():
    pictures = [
        family(name)(read_brief("calm", "one"), 160, 90, 4.0).frame(1.0).astype(int)
        for name in sorted(FAMILIES)
    ]
    for i, one in enumerate(pictures):
        for two in pictures[i + 1 :]:
            assert np.abs(one - two).mean() > 5


@pytest.mark.parametrize(
    ("idea", "name"),
    [
        ("the skyline switching on, window by window", "city"),
        ("a barge alone on a black river", "waves"),
        ("stars wheeling over a dark observatory", "stars"),
        ("smoke and silk in a still room", "ink"),
        ("a curtain breathing in a motel room", "window"),
        ("a monk sweeping leaves in a garden", "leaves"),
        ("a corridor of half-open doors", "geometry"),
        ("wild horses on a plain between hills", "ridges"),
        ("a match flaring, sparks and embers", "embers"),
        ("a single car on a road that runs on", "road"),
        ("snow under pines in the moonlight", "aurora"),
        ("rain and lanterns around a stage", "lights"),
    ],
)
def test_the_scenes_idea_chooses_the_family(idea, name):
    assert read_brief(prompt(idea=idea), "x").family == name


def test_the_style_and_the_title_do_not_choose_the_family():
    words = prompt(idea="a barge on a river", preset="dark_gothic", lyrics="fire fire fire")
    assert read_brief(words, "x").family == "waves"


def test_only_the_marker_makes_a_performance_of_a_storyboards_prompt():
    assert read_brief(prompt("performance", idea="on a roof"), "x").kind == "performance"
    sung = prompt("broll", idea="a singer sings", lyrics="she sings and raps")
    assert read_brief(sung, "x").kind == "broll"


@pytest.mark.parametrize("text", ["a woman sings on stage", "he raps the verse"])
def test_free_text_with_somebody_singing_is_a_performance(text):
    assert read_brief(text, "x").kind == "performance"


@pytest.mark.parametrize(
    ("preset", "finish"),
    [
        ("cinematic_noir", "noir"), ("anime", "anime"), ("gritty_documentary", "documentary"),
        ("dreamy", "dreamy"), ("dark_gothic", "gothic"), (None, "plain"),
    ],
)  # fmt: skip
def test_the_presets_are_recognised(preset, finish):
    assert read_brief(prompt(idea="a pier", preset=preset), "x").finish == finish


def test_noir_is_black_and_white():
    frame = family("city")(read_brief("anything warm golden", "x"), 160, 90, 4.0).frame(0)
    graded = Finisher("noir", 160, 90)(frame)
    assert (graded[..., 0] == graded[..., 1]).all() and (graded[..., 1] == graded[..., 2]).all()


def test_named_light_colours_the_picture():
    def mean(light):
        shot = SHOT.model_copy(update={"light": light})
        brief = read_brief(prompt(idea="a sea", shot=shot, mood="calm"), "same")
        return family("waves")(brief, 160, 90, 4.0).frame(1.0).reshape(-1, 3).mean(axis=0)

    red, blue = mean("deep red light"), mean("cold blue light")
    assert red[0] / red[2] > 1.5 * blue[0] / blue[2]


def test_mood_sets_the_pace():
    slow = read_brief(prompt(idea="a pier", mood="tender and still"), "x")
    fast = read_brief(prompt(idea="a pier", mood="fierce, unleashed"), "x")
    assert fast.pace > 1.5 * slow.pace


@pytest.mark.parametrize(
    ("size", "sign"),
    [("close-up", 1), ("medium close-up", 1), ("extreme wide shot", -1), ("long shot", -1),
     ("medium shot", 0)],
)  # fmt: skip
def test_the_shot_size_sets_the_framing(size, sign):
    shot = SHOT.model_copy(update={"size": size})
    assert np.sign(read_brief(prompt(idea="a pier", shot=shot), "x").framing) == sign


@pytest.fixture(scope="module")
def portrait():
    return _decoded(_portrait())


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280)])
@pytest.mark.parametrize("shot", ["close-up", "medium wide shot"])
def test_the_face_stays_large_and_whole_for_lip_sync(portrait, size, shot):
    width, height = size
    words = prompt("performance", idea="on a roof", shot=SHOT.model_copy(update={"size": shot}))
    picture = Performance(read_brief(words, shot), width, height, 4.0, portrait)
    for t in (0.0, 2.0, 3.95):
        face = find_face(picture.frame(t))
        assert face.found and face.eyes >= 90
        chin = face.y + 1.75 * face.eyes
        assert 1.2 * face.eyes < face.x < width - 1.2 * face.eyes
        assert face.y - 0.6 * face.eyes > 0 and chin < height


def test_an_image_without_a_face_is_shown_and_moves():
    picture = Performance(
        read_brief("sings", "x"), 320, 180, 4.0, np.full((200, 300, 3), (200, 40, 40), np.uint8)
    )
    middle = picture.frame(0.0)[80:100, 150:170].reshape(-1, 3).mean(axis=0)
    assert middle[0] > 100 and middle[0] > 2 * middle[2]


def test_the_matte_is_the_person(portrait):
    face = find_face(portrait)
    matte = person_matte(portrait, face)
    scale = matte.shape[1] / portrait.shape[1]
    assert 0.2 < matte.mean() < 0.75
    assert matte[int((face.y + 0.5 * face.eyes) * scale), int(face.x * scale)] > 0.95
    assert matte[:10, :10].max() < 0.05 and matte[:10, -10:].max() < 0.05


def test_drawing_can_be_stopped_and_leaves_no_file(tmp_path):
    brief = read_brief("a pier", "x")
    with pytest.raises(Stopped):
        render_clip(
            brief, tmp_path / "c.mp4", width=160, height=90, seconds=1, reference=None,
            on_frame=lambda done, _total: done < 3,
        )  # fmt: skip
    assert list(tmp_path.iterdir()) == []
