"""Identifiers are safe in paths, URLs, media keys and partition keys."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicapp_pipeline.store import ids
from musicapp_pipeline.store.media import checked

SAFE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_title_gives_a_safe_id(title):
    made = ids.project_id(title)
    assert SAFE.fullmatch(made)
    assert len(made) <= 40
    assert checked(f"projects/{made}/song.wav")


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Best Believe", "best-believe"),
        ("  Été à la plage!! ", "ete-a-la-plage"),
        ("a,b|c/d", "a-b-c-d"),
        ("夜に駆ける", ""),
        ("x" * 50, "x" * 32),
        ("a" * 31 + " b", "a" * 31),
    ],
)
def test_slugs(title, slug):
    assert ids.slug(title) == slug


def test_a_title_without_letters_still_gets_an_id():
    assert ids.project_id("夜").startswith("song-")


def test_scenes_count_in_the_order_they_were_made():
    assert re.fullmatch(r"s007-[a-z0-9]{6}", ids.scene_id(7))


def test_ten_thousand_ids_are_ten_thousand():
    assert len({ids.new_id("job") for _ in range(10_000)}) == 10_000
