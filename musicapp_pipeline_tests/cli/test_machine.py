"""What the machine refuses is one line on standard error, for each command that meets it."""

import pytest

from musicapp_pipeline.supervisor import up
from musicapp_pipeline_tests.songs import click_song

NOBODY = "127.0.0.1:1"
"""No server listens there."""


@pytest.fixture(params=["make", "up"])
def run(request, musicapp, tmp_path, monkeypatch):
    song = click_song(tmp_path / "song.wav")
    monkeypatch.setattr(up, "_check_free", lambda _host, _port: None)
    return {
        "make": lambda: musicapp("make", song, "--out", tmp_path / "out"),
        "up": lambda: musicapp("up"),
    }[request.param]


def refused(result) -> str:
    assert result.exit_code == 2
    assert result.stdout == ""
    [line] = result.stderr.splitlines()
    assert line.startswith("musicapp: ")
    return line.removeprefix("musicapp: ")


def test_a_database_that_does_not_answer(run, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", f"postgresql://me:secret@{NOBODY}/db")
    told = refused(run())
    assert told.startswith(f"DATABASE_URL: postgresql://me:***@{NOBODY}/db cannot be used: ")
    assert "secret" not in told


def test_a_database_that_cannot_be_one(run, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "mysql://me:secret@host/db")
    told = refused(run())
    assert "DATABASE_URL: a database is postgresql://" in told
    assert "secret" not in told


def test_a_file_that_is_no_database(run, home):
    home.mkdir()
    (home / "musicapp.db").write_bytes(b"this is not a database" * 100)
    assert refused(run()).startswith(f"MUSICAPP_HOME: the database in {home} cannot be used: ")
