"""Presets and wording of one's own: data in a setting or a file, refused by name at the start."""

import re
from dataclasses import replace

import pytest

from musicapp_pipeline.generation import takeplan, wording
from musicapp_pipeline.generation.wording import WordingSettings, read_wording
from musicapp_pipeline.settings import BadSetting
from musicapp_pipeline.store import projects, scenes
from musicapp_pipeline.storyboard.errors import UnknownStylePreset
from musicapp_pipeline_tests.generation.helpers import record
from musicapp_pipeline_tests.generation.money_world import money_world


def chosen(presets="", template=""):
    return WordingSettings(musicapp_presets=presets, musicapp_prompt_template=template)


@pytest.fixture
def world(tmp_path):
    with money_world("sqlite", tmp_path, scenes=1, cap="2.40") as made:
        yield made


@pytest.fixture
def words(monkeypatch):
    def use(**values):
        found = read_wording(chosen(**values))
        monkeypatch.setattr(wording, "wording", lambda: found)

    return use


def plan(world, style=None):
    with world.database.write() as session:
        project = projects.get(session, world.project_id)
        project.style_preset = style
        scene = scenes.get(session, world.scene_ids[0])
        scene.prompt_override = None
        return takeplan.plan_take(session, project, scene, record(project.sora_model))


def test_own_presets_and_wording_reach_the_prompt_that_is_sent(world, words):
    words(
        presets='{"vhs": "1990s home video: scan lines"}',
        template='{"broll_without_lyrics": "Picture the music"}',
    )
    prompt = plan(world, "vhs").prompt
    assert prompt.endswith("Style: 1990s home video: scan lines.")
    assert "B-roll shot: Picture the music" in prompt


def test_a_preset_that_is_gone_is_seen_and_not_bought(world):
    found = plan(world, "vhs")
    with pytest.raises(UnknownStylePreset, match="'vhs' is unknown"):
        found.price()
    with pytest.raises(UnknownStylePreset):
        world.admit(0)
    assert replace(found, refused=None).price() > 0


@pytest.mark.parametrize("ending", [".json", ".toml"])
def test_a_file_serves_as_well(tmp_path, ending):
    path = tmp_path / f"presets{ending}"
    path.write_text('vhs = "scan lines"' if ending == ".toml" else '{"vhs": "scan lines"}')
    assert read_wording(chosen(presets=str(path))).presets["vhs"].directive == "scan lines"


@pytest.mark.parametrize(
    ("presets", "template", "named"),
    [
        ("{", "", "MUSICAPP_PRESETS is neither JSON"),
        ("nowhere.json", "", "MUSICAPP_PRESETS is neither JSON"),
        ("[1]", "", "MUSICAPP_PRESETS: presets are a list"),
        ("null", "", "MUSICAPP_PRESETS: presets are null; give an object of name to directive"),
        ("[" * 200_000, "", "MUSICAPP_PRESETS is neither JSON"),
        ('{"vhs": ""}', "", "MUSICAPP_PRESETS: preset 'vhs', directive"),
        ("", '{"broll": "{lyric}"}', "MUSICAPP_PROMPT_TEMPLATE: template, broll: {lyric} is no"),
        ("", '{"brol": "x"}', "MUSICAPP_PROMPT_TEMPLATE: template, brol"),
        ("", '{"broll": "B-roll shot: x"}', "stands nowhere else"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_variable(presets, template, named):
    with pytest.raises(BadSetting, match=re.escape(named)):
        read_wording(chosen(presets, template))
