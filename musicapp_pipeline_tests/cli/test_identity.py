"""The same song and options, however they are written, are the same project: takes cost money."""

from dataclasses import replace

import pytest

from musicapp_pipeline.cli.options import MakeOptions, checked
from musicapp_pipeline.cli.project import find_or_create
from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.settings import settings
from musicapp_pipeline_tests.songs import click_song

WORDS = "First line\nSecond line\n"


@pytest.fixture
def plain(home, tmp_path):
    (tmp_path / "words.txt").write_text(WORDS)
    song = click_song(tmp_path / "my_song.wav", seconds=3.0)
    return MakeOptions(song, tmp_path / "out", lyrics=tmp_path / "words.txt")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"fps": "24"}, {"fps": "24.0"}),
        ({"fps": "24"}, {"fps": "24/1"}),
        ({"fps": "23.976"}, {"fps": "24000/1001"}),
        ({"title": None}, {"title": "my song"}),
        ({"title": None}, {"title": " "}),
        ({"title": "A title"}, {"title": " A  title\n"}),
        ({"budget": 1.0}, {"budget": 2.0}),
    ],
)
def test_what_is_the_same_video_is_the_same_project(plain, one, other):
    assert checked(replace(plain, **one)).identity == checked(replace(plain, **other)).identity


@pytest.mark.parametrize("saved", [WORDS.replace("\n", "\r\n"), WORDS.strip(), WORDS + "\n"])
def test_lyrics_saved_by_another_editor_are_the_same(plain, tmp_path, saved):
    (tmp_path / "saved.txt").write_bytes(saved.encode())
    order = checked(replace(plain, lyrics=tmp_path / "saved.txt"))
    assert order.identity == checked(plain).identity
    assert order.new.lyrics == WORDS.strip()


@pytest.mark.parametrize(
    "other", [{"fps": "25"}, {"title": "Another"}, {"seed": 0}, {"lyrics": None}, {"density": 0.5}]
)
def test_what_is_another_video_is_another_project(plain, other):
    assert checked(replace(plain, **other)).identity != checked(plain).identity


def test_a_song_under_another_name_is_the_same(plain, tmp_path):
    renamed = tmp_path / "renamed.wav"
    renamed.write_bytes(plain.song.read_bytes())
    assert checked(replace(plain, song=renamed)).identity == checked(plain).identity


def test_a_project_from_when_options_counted_as_typed_is_found(plain):
    bench = Workbench.open(settings())
    order = checked(replace(plain, fps="24.0"))
    older = find_or_create(bench, replace(order, identity=order.as_typed))
    assert find_or_create(bench, order).id == older.id
    assert find_or_create(bench, checked(plain)).id != older.id
