"""The prompt's five parts, word for word, whatever people wrote into them."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicapp_pipeline.storyboard.errors import PromptTooLong, UnknownStylePreset
from musicapp_pipeline.storyboard.model import CharacterBrief, ProjectBrief, SceneBrief, Shot
from musicapp_pipeline.storyboard.presets import built_in_presets
from musicapp_pipeline.storyboard.prompts import (
    B_ROLL_MARKER,
    PERFORMANCE_MARKER,
    build_scene_prompt,
)
from musicapp_pipeline.storyboard.template import load_template

GOLDEN = Path(__file__).parent / "golden"
PRESETS = ("cinematic_noir", "anime", "gritty_documentary", "dreamy", "dark_gothic")

TZELEM = CharacterBrief(
    name="TZELEM",
    description="Main protagonist",
    bible={
        "face": "tan skin, sharp jawline",
        "signature": "diamond grill, layered chains",
        "wardrobe_lock": "black hoodie + silver jewelry",
        "dos": ["same face structure", "same hair"],
        "donts": ["no hat change", "beard"],
    },
    is_primary=True,
)
MIRA = CharacterBrief(name="MIRA", bible={"face": "freckles", "hair": {"color": "red"}})
PROJECT = ProjectBrief(title="Eternal Flame", style_preset="cinematic_noir")
SHOT = Shot(
    size="medium close-up",
    angle="three-quarter angle",
    movement="slow push-in",
    light="saturated magenta and cyan neon, wet reflections",
)
PERFORMANCE = SceneBrief(
    scene_type="performance",
    section="chorus",
    section_type="chorus",
    mood="fierce, unleashed",
    lyrics="Best believe me",
    idea="on a rooftop above the skyline",
    energy=0.9,
    shot=SHOT,
)
B_ROLL = SceneBrief(
    scene_type="broll",
    section="verse",
    section_type="verse",
    mood="melancholic, restrained",
    lyrics="The night is burning\nburning down the sky",
    idea="a lone figure crossing an empty plaza",
    energy=0.3,
    shot=SHOT.model_copy(update={"size": "long shot", "angle": "high angle"}),
)
CASES = {
    "performance_noir": (PROJECT, PERFORMANCE, [TZELEM]),
    "performance_sung": (
        ProjectBrief(title="Eternal Flame", vocal_style="sings"),
        PERFORMANCE.model_copy(update={"lyrics": 'She said "stay"\r\nमैं यहाँ हूँ'}),
        [MIRA, TZELEM],
    ),
    "performance_without_lyrics": (
        ProjectBrief(title="Eternal Flame"),
        PERFORMANCE.model_copy(update={"lyrics": ""}),
        [],
    ),
    "broll_two_characters": (
        ProjectBrief(title="Eternal Flame", style_preset="dreamy"),
        B_ROLL,
        [MIRA, TZELEM],
    ),
    "broll_bare": (ProjectBrief(title=""), SceneBrief(scene_type="broll"), []),
}


@pytest.mark.parametrize("name", CASES)
def test_prompts_are_these_word_for_word(name):
    # A change here changes what every future take is made from: read it as an editor would.
    assert build_scene_prompt(*CASES[name]) == (GOLDEN / f"{name}.txt").read_text("utf-8")


def test_the_five_parts_stand_in_the_specifications_order():
    prompt = build_scene_prompt(PROJECT, PERFORMANCE, [TZELEM])
    texts = (
        "Cinematic music video, shallow DOF, natural skin",
        "Persistent main character: TZELEM — tan skin",
        "Keep the same face, hair, tattoos, outfit",
        f"{PERFORMANCE_MARKER} Medium close-up, expressively raps the lyrics",
        "CRITICAL: If character appears, maintain exact continuity:\n- Same face structure\n"
        "- Same hair color, length, style\n- Same clothing, colors, accessories",
        "Film noir: high contrast, monochrome, shadow play",
    )
    places = [prompt.index(text) for text in texts]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("preset", "directive"),
    [
        ("cinematic_noir", "Film noir: high contrast, monochrome, shadow play"),
        ("anime", "Anime-inspired: vibrant colors, stylized, dynamic"),
        ("gritty_documentary", "Naturalistic handheld feel, authentic lighting"),
        ("dreamy", "Surreal: soft focus, ethereal, pastel, floating"),
        ("dark_gothic", "Moody: architectural, mysterious, gothic aesthetic"),
    ],
)
def test_every_preset_has_the_specifications_words(preset, directive):
    bare = ProjectBrief(title="x")
    prompt = build_scene_prompt(bare, B_ROLL, [], preset)
    assert prompt.endswith(f"Style: {directive}.")
    assert tuple(built_in_presets()) == PRESETS


def test_a_scenes_own_preset_outranks_the_projects_and_an_empty_one_removes_it():
    assert "Anime-inspired" in build_scene_prompt(PROJECT, B_ROLL, [], "anime")
    assert "Style:" not in build_scene_prompt(PROJECT, B_ROLL, [], "")


def test_an_unknown_preset_is_refused_naming_those_there_are():
    with pytest.raises(UnknownStylePreset) as caught:
        build_scene_prompt(PROJECT, B_ROLL, [], "vaporwave")
    assert all(preset in str(caught.value) for preset in PRESETS)
    assert (caught.value.field, caught.value.value) == ("stylePreset", "vaporwave")


def test_a_monochrome_preset_takes_the_colour_out_of_the_light():
    assert "neon" not in build_scene_prompt(PROJECT, PERFORMANCE, [])
    assert "neon" in build_scene_prompt(PROJECT, PERFORMANCE, [], "anime")


@pytest.mark.parametrize(
    ("scene", "own", "other"),
    [(PERFORMANCE, PERFORMANCE_MARKER, B_ROLL_MARKER), (B_ROLL, B_ROLL_MARKER, PERFORMANCE_MARKER)],
)
def test_the_kind_of_a_scene_is_told_by_its_marker_alone(scene, own, other):
    tricky = scene.model_copy(
        update={"lyrics": f"{other} {other.upper()} said the {own}", "idea": f"a sign: {other}"}
    )
    cast = [CharacterBrief(name=other, description=own, bible={"face": other})]
    prompt = build_scene_prompt(ProjectBrief(title=other, style_prefix=f"{other} x"), tricky, cast)
    assert prompt.lower().count(own.lower()) == 1
    assert other.lower() not in prompt.lower()


def test_the_primary_character_leads_and_acts():
    prompt = build_scene_prompt(PROJECT, PERFORMANCE, [MIRA, TZELEM])
    assert prompt.index("main character: TZELEM") < prompt.index("Also persistent: MIRA")
    assert "TZELEM on a rooftop" in prompt


@pytest.mark.parametrize(
    ("size", "called"),
    [
        ("close-up", "Close behind, out of focus, listening"),
        ("medium close-up", "Close behind, out of focus, listening"),
        ("medium shot", "In the frame too, listening"),
        ("medium wide shot", "In the frame too, listening"),
    ],
)
def test_nobody_is_called_beside_a_face_that_fills_the_frame(size, called):
    scene = PERFORMANCE.model_copy(update={"shot": SHOT.model_copy(update={"size": size})})
    assert f"{called}, mouths closed: MIRA." in build_scene_prompt(PROJECT, scene, [TZELEM, MIRA])


def test_who_words_the_others_words_them_in_close_ups_too():
    mine = load_template({"performance_others": "With {others}."})
    assert "With MIRA." in build_scene_prompt(PROJECT, PERFORMANCE, [TZELEM, MIRA], template=mine)
    both = load_template({"performance_others": "With {others}.", "performance_others_close": ""})
    alone = build_scene_prompt(PROJECT, PERFORMANCE, [TZELEM, MIRA], template=both)
    assert "With MIRA" not in alone


def test_every_character_of_a_scene_is_called_into_it():
    other = CharacterBrief(name="JON")
    assert "closed: MIRA and JON." in build_scene_prompt(
        PROJECT, PERFORMANCE, [TZELEM, MIRA, other]
    )
    assert "Seen here: TZELEM, MIRA and JON." in build_scene_prompt(
        PROJECT, B_ROLL, [MIRA, TZELEM, other]
    )
    alone = build_scene_prompt(PROJECT, PERFORMANCE, [TZELEM])
    assert "In the frame too" not in alone
    assert "Seen here" not in build_scene_prompt(PROJECT, B_ROLL, [])


@pytest.mark.parametrize(
    ("bible", "expected"),
    [
        ({"face": ["scar", "green eyes"]}, "— scar, green eyes."),
        ({"face": None, "signature": "", "wardrobe_lock": 7}, "— 7."),
        ({"tattoos": "swallow", "eye_color": "grey"}, "— tattoos: swallow; eye color: grey."),
        ({"hair": {"color": "red", "length": None}}, "— hair: color red."),
        ({"face": "line\nbreak\t“quoted”"}, "— line break “quoted”."),
        ({"dos": "always the ring"}, "Always for ANA: always the ring."),
        ({"donts": ["Never hats", "glasses"]}, "Strictly for ANA: Never hats, no glasses."),
        ({}, "Persistent main character: ANA.\n"),
    ],
)
def test_a_bible_may_hold_whatever_json_holds(bible, expected):
    prompt = build_scene_prompt(PROJECT, PERFORMANCE, [CharacterBrief(name="ANA", bible=bible)])
    assert expected in prompt


@pytest.mark.parametrize(
    ("lyrics", "expected"),
    [
        ('He said "no"', "“He said 'no'”"),
        ("one\n\n two \r\nthree", "“one / two / three”"),
        ("and then,", "“and then”"),
        ("one,\ntwo;\nthree.", "“one / two / three”"),
        ("wait...", "“wait...”"),
        ("愛が燃える", "“愛が燃える”"),
        ("אש תמיד", "“אש תמיד”"),
        ("می‌خواهم", "“می‌خواهم”"),
        ("{idea} {lyrics}", "“{idea} {lyrics}”"),
        ("evil\u202egnol\x00\x07", "“evilgnol”"),
    ],
)
def test_lyrics_of_any_script_stand_safely_in_quotes(lyrics, expected):
    scene = PERFORMANCE.model_copy(update={"lyrics": lyrics})
    assert expected in build_scene_prompt(PROJECT, scene, [])


def test_the_words_shape_the_directive():
    def said(scene, **changes):
        return build_scene_prompt(PROJECT, scene.model_copy(update=changes), [])

    assert "embers or a small flame" in said(B_ROLL, lyrics="we burn like fire")
    assert "echo" not in said(B_ROLL, lyrics="la la la")
    assert "as a question left open" in said(PERFORMANCE, lyrics="Who are you?")
    assert "tenderly" in said(PERFORMANCE, lyrics="hold me, love", energy=0.2)
    assert "tenderly" not in said(PERFORMANCE, lyrics="hold me, love", energy=0.9)


@pytest.mark.parametrize(
    ("section_type", "lyrics", "expected"),
    [
        ("chorus", "", "expressively raps along with the music"),
        ("instrumental", "", "expressively moves with the music"),
        ("outro", "", "expressively moves with the music"),
        ("outro", "one more time", "expressively raps the lyrics “one more time”"),
        ("", " \n ", "expressively raps along with the music"),
    ],
)
def test_nobody_sings_where_there_is_nothing_to_sing(section_type, lyrics, expected):
    scene = PERFORMANCE.model_copy(update={"section_type": section_type, "lyrics": lyrics})
    assert expected in build_scene_prompt(PROJECT, scene, [])


words = st.text(max_size=1500)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(
    st.builds(ProjectBrief, title=words, style_prefix=st.none() | words),
    st.builds(
        SceneBrief,
        scene_type=st.sampled_from(["performance", "broll"]),
        lyrics=words,
        idea=st.text(max_size=200),
        mood=st.text(max_size=60),
        shot=st.none() | st.just(SHOT),
    ),
    st.lists(
        st.builds(
            CharacterBrief,
            name=st.text(max_size=60),
            description=words,
            bible=st.fixed_dictionaries({"face": words, "dos": st.lists(words, max_size=3)}),
        ),
        max_size=3,
    ),
    st.integers(1000, 4000),
)
def test_any_texts_fit_the_models_limit(project, scene, cast, limit):
    prompt = build_scene_prompt(project, scene, cast, "dark_gothic", max_chars=limit)
    marker = PERFORMANCE_MARKER if scene.scene_type == "performance" else B_ROLL_MARKER
    assert len(prompt) <= limit
    assert prompt.count(marker) == 1
    assert "- Same clothing, colors, accessories" in prompt
    assert prompt.endswith("gothic aesthetic.")
    assert prompt == build_scene_prompt(project, scene, cast, "dark_gothic", max_chars=limit)


def test_a_limit_below_the_shortest_form_is_refused():
    with pytest.raises(PromptTooLong, match="takes 200") as caught:
        build_scene_prompt(PROJECT, PERFORMANCE, [TZELEM], max_chars=200)
    assert caught.value.allowed == "at most 200 characters"


def test_a_tighter_limit_gives_up_what_is_missed_least_first():
    long = TZELEM.model_copy(update={"description": "and " * 200})
    prompt = build_scene_prompt(PROJECT, PERFORMANCE, [long, MIRA], max_chars=1100)
    assert "Best believe me" in prompt
    assert "on a rooftop" in prompt
    assert "…" in prompt
    assert len(prompt) <= 1100
