"""What the machine refuses is told in one line that names the setting, without passwords."""

import sqlite3
from pathlib import Path

import pytest

from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.settings import Settings
from musicapp_pipeline.store.database import Database
from musicapp_pipeline.store.media import open_media_store
from musicapp_pipeline.store.migrate import migrate
from musicapp_pipeline.store.trouble import (
    DatabaseUnusable,
    MediaUnusable,
    NewerDatabase,
    told_plainly,
)

NOBODY = "127.0.0.1:1"
"""No server listens there."""


def settings_of(home: Path, **given: object) -> Settings:
    return Settings(_env_file=None, musicapp_home=home, **{"database_url": None, **given})


def one_line(message: str) -> bool:
    return "\n" not in message and "Traceback" not in message


def test_a_database_that_does_not_answer(tmp_path):
    settings = settings_of(tmp_path, database_url=f"postgresql://me:secret@{NOBODY}/db")
    with pytest.raises(DatabaseUnusable) as caught, told_plainly(settings):
        Workbench.open(settings)
    error = caught.value
    assert error.message.startswith(f"DATABASE_URL: postgresql://me:***@{NOBODY}/db cannot be used")
    assert one_line(error.message) and "refused" in error.message
    assert (error.field, error.value) == ("DATABASE_URL", f"postgresql://me:***@{NOBODY}/db")
    assert "secret" not in str(error.as_dict())


def test_a_file_that_is_no_database(tmp_path):
    (tmp_path / "musicapp.db").write_bytes(b"this is not a database" * 100)
    settings = settings_of(tmp_path)
    with pytest.raises(DatabaseUnusable, match="not a database") as caught, told_plainly(settings):
        Workbench.open(settings)
    assert caught.value.field == "MUSICAPP_HOME"
    assert str(tmp_path) in caught.value.message and one_line(caught.value.message)


def test_a_database_of_a_newer_release(tmp_path):
    settings = settings_of(tmp_path)
    database = Database(settings.sqlalchemy_url)
    migrate(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(NewerDatabase, match="newer MusicApp") as caught, told_plainly(settings):
        migrate(database)
    assert "'9999'" in caught.value.message
    database.dispose()
    assert caught.value.field == "MUSICAPP_HOME" and one_line(caught.value.message)


def test_a_full_disk(tmp_path):
    settings = settings_of(tmp_path)
    database = Database(settings.sqlalchemy_url)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 2")
        with pytest.raises(DatabaseUnusable, match="full"), told_plainly(settings):
            connection.exec_driver_sql("CREATE TABLE full AS SELECT zeroblob(100000) AS data")
    database.dispose()


def test_a_bucket_that_does_not_answer(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    settings = settings_of(
        tmp_path,
        aws_s3_bucket="videos",
        aws_region="us-east-1",
        aws_access_key_id="AKIASECRET",
        aws_secret_access_key="secret",
        aws_endpoint_url_s3=f"http://{NOBODY}",
    )
    store = open_media_store(settings)
    store.client.meta.events.register("needs-retry.s3.*", lambda **_: None)
    (tmp_path / "song.mp3").write_bytes(b"song")
    for work in (store.check, lambda: store.put("uploads/song.mp3", tmp_path / "song.mp3")):
        with pytest.raises(MediaUnusable) as caught, told_plainly(settings):
            work()
        told = caught.value.message
        assert told.startswith(
            f"AWS_S3_BUCKET: the bucket videos at http://{NOBODY} cannot be used"
        )
        assert one_line(told) and "ecret" not in told.lower()


@pytest.mark.parametrize("error", [KeyError("x"), sqlite3.IntegrityError("unique")])
def test_a_defect_of_ours_is_no_trouble_of_the_machine(tmp_path, error):
    with pytest.raises(type(error)), told_plainly(settings_of(tmp_path)):
        raise error


def test_what_caused_an_error_is_found_behind_it(tmp_path):
    with pytest.raises(DatabaseUnusable, match="disk I/O"), told_plainly(settings_of(tmp_path)):
        raise RuntimeError("too many retries") from sqlite3.OperationalError("disk I/O error")
