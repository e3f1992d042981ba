"""Presets and templates as data: a user's own, and errors that say what to fix."""

import json

import pytest

from musicapp_pipeline.storyboard.errors import BadTemplate, UnknownStylePreset
from musicapp_pipeline.storyboard.model import ProjectBrief, SceneBrief
from musicapp_pipeline.storyboard.presets import load_presets, preset_named
from musicapp_pipeline.storyboard.prompts import build_scene_prompt
from musicapp_pipeline.storyboard.template import default_template, load_template

SCENE = SceneBrief(scene_type="broll", lyrics="so it goes", idea="a door")
PROJECT = ProjectBrief(title="Song")


def test_a_users_presets_stand_beside_the_five():
    presets = load_presets({"vhs": "1990s home video: scan lines", "anime": {"directive": "Mine"}})
    assert len(presets) == 6
    prompt = build_scene_prompt(PROJECT, SCENE, [], "vhs", presets=presets)
    assert prompt.endswith("Style: 1990s home video: scan lines.")
    assert preset_named("anime", presets).directive == "Mine"
    with pytest.raises(UnknownStylePreset, match="vhs"):
        preset_named("8mm", presets)


def test_presets_may_be_json_text():
    assert load_presets('{"vhs": {"directive": "tape", "light": "flat"}}')["vhs"].light == "flat"


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ("{", "not JSON"),
        ("[1]", "list"),
        ({"vhs": {}}, "'vhs', directive"),
        ({"vhs": ""}, "'vhs', directive"),
        ({"vhs": {"directive": "x", "ligth": "y"}}, "ligth"),
        ({"vhs": 3}, "'vhs'"),
        ({"vhs": " \t"}, "'vhs', directive: is blank"),
        ({"vhs": {"directive": "x", "light": "  "}}, "'vhs', light: is blank"),
        ({"": "x"}, "preset '': a name has 1 to 100"),
        ({" vhs": "x"}, "preset ' vhs': a name"),
        ({"v\nhs": "x"}, "a name has"),
        ({"v" * 101: "x"}, "preset 'vvv.*… *: a name has"),
        (None, "presets are null; give an object of name to directive"),
        ("[" * 200_000, "nested too deep"),
    ],
)
def test_a_broken_preset_is_named(data, named):
    with pytest.raises(BadTemplate, match=named):
        load_presets(data)


def test_a_users_template_changes_only_the_texts_it_names():
    template = load_template({"broll": "Picture this: {lyrics}", "continuity": "Same faces."})
    prompt = build_scene_prompt(PROJECT, SCENE, [], template=template)
    assert "B-roll shot: Picture this: “so it goes”" in prompt
    assert "Same faces." in prompt
    assert default_template().global_style in prompt


def test_a_template_may_be_json_text_and_use_the_title():
    template = load_template(json.dumps({"global_style": "A film of {title}."}))
    assert build_scene_prompt(PROJECT, SCENE, [], template=template).startswith("A film of Song.")


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ({"broll": "{lyric}"}, r"broll: \{lyric\} is no placeholder.*\{lyrics\}"),
        ({"continuity": "{name}"}, "continuity: .*none"),
        ({"style": ""}, "style"),
        ({"brol": "x"}, "brol"),
        ({"broll": 5}, "broll"),
        ("nope", "not JSON"),
        ("[]", "list"),
        ({"broll": "  "}, "broll: is blank"),
        ({"image": "\n"}, "image: is blank"),
        ({"broll": "Picture {lyrics"}, "broll: has a brace"),
        ({"broll": "Picture lyrics}"}, "broll: has a brace"),
        ({"broll": "Performance  shot: x"}, "broll: 'Performance shot:' is put before"),
        ({"broll": "B-roll\nSHOT: x"}, "broll: 'B-roll shot:' is put before"),
        ({"broll": "x" * 4001}, "broll: has 4001 characters"),
        (None, "the template is null; give an object of name to text"),
    ],
)
def test_a_broken_template_is_named(data, named):
    with pytest.raises(BadTemplate, match=named):
        load_template(data)


def test_what_was_given_is_not_shown_at_full_length():
    with pytest.raises(BadTemplate) as refused:
        load_template({"broll": "{x}" * 1000})
    assert len(refused.value.message) < 500
