"""Lips nudged by hand: seen before they are moved, and impossible wishes are refused."""

from typing import Any

import pytest

from musicapp_pipeline.store import artifacts
from musicapp_pipeline.store.artifacts import Made
from musicapp_pipeline_tests.api.client import Api
from musicapp_pipeline_tests.api.steps import generated, planned
from musicapp_pipeline_tests.api.world import SECONDS, World

WORDS = [{"text": "best", "start": 14.0, "end": 14.4, "confidence": 0.9}]
PHONES = [
    {"phoneme": "B", "start": 14.0, "end": 14.1},
    {"phoneme": "EH1", "start": 14.1, "end": 14.4},
]


@pytest.fixture
def here(api: Api, world: World) -> str:
    """The lip-sync of a take of a performance scene."""
    at, scenes = planned(api, world)
    scene = next(s for s in scenes if s["sceneType"] == "performance")
    version = generated(api, world, at, scene["id"])[0]
    return f"{at}/scenes/{scene['id']}/versions/{version['id']}/lip-sync"


def test_what_moves_the_lips_can_be_read_and_nudged_from_there(
    api: Api, world: World, here: str
) -> None:
    before = api.get(here).json()
    assert (before["aligned"], before["words"], before["phonemes"]) == (False, [], [])
    assert before["nudges"] == {"mouthBox": None, "offsetMs": 0, "phonemes": None}
    _, _, _, project, _, scene, *_ = here.split("/")
    with world.database.write() as session:
        made = Made("a", details={"words": WORDS, "phonemes": PHONES})
        artifacts.put(session, "lyric_alignment", f"{project}/{scene}", "f", made, None)
    seen = api.get(here)
    assert (seen.json()["words"], seen.json()["phonemes"]) == (WORDS, PHONES)
    moved = [{**p, "start": p["start"] + 0.05} for p in PHONES]
    box = {"x": 0.4, "y": 0.5, "width": 0.2, "height": 0.1}
    body = {"phonemes": moved, "offsetMs": -40, "mouthBox": box}
    answer = api.post(here, json=body, headers={"If-Match": seen.headers["etag"]})
    assert answer.status_code == 202, answer.text
    assert api.get(here).json()["nudges"] == body
    assert api.post(here, json={"phonemes": None, "mouthBox": None}).status_code == 202
    assert api.get(here).json()["nudges"] == {**before["nudges"], "offsetMs": -40}


PHONE = {"phoneme": "AA1", "start": 1, "end": 2}
BOX = {"x": 0.4, "y": 0.5, "width": 0.2, "height": 0.1}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"phonemes": [PHONE, {**PHONE, "phoneme": "QQ"}]}, "phonemes.1.phoneme"),
        ({"phonemes": [{**PHONE, "phoneme": "A!"}]}, "phonemes.0.phoneme"),
        ({"phonemes": [{**PHONE, "start": 2.5}]}, "phonemes.0.end"),
        ({"phonemes": [{**PHONE, "end": SECONDS + 1}]}, "phonemes.0.end"),
        ({"mouthBox": {**BOX, "x": 0.9}}, "mouthBox.width"),
        ({"mouthBox": {**BOX, "y": 0.95}}, "mouthBox.height"),
        ({"mouthBox": {**BOX, "width": 0}}, "mouthBox.width"),
        ({"offsetMs": 2000}, "offsetMs"),
    ],
)
def test_what_no_mouth_can_do_is_refused_by_name(
    api: Api, here: str, body: dict[str, Any], field: str
) -> None:
    answer = api.post(here, json=body)
    assert answer.status_code == 422, answer.text
    assert field in [e["field"] for e in answer.json()["errors"]]
    assert api.get(here).json()["nudges"] == {"mouthBox": None, "offsetMs": 0, "phonemes": None}


@pytest.mark.parametrize(
    "body",
    [
        {"phonemes": [{**PHONE, "phoneme": p} for p in ("aa", "SIL", "IY2", "dx")]},
        {"phonemes": [{**PHONE, "end": SECONDS}]},
        {"mouthBox": {"x": 0.7, "y": 0.9, "width": 0.3, "height": 0.1}},
    ],
)
def test_what_a_mouth_can_do_is_taken(api: Api, here: str, body: dict[str, Any]) -> None:
    assert api.post(here, json=body).status_code == 202
