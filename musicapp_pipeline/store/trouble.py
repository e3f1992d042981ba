"""What the machine refuses, in one line that names the setting: a database, a disk, a bucket.

Errors are known by their names: a command that needs none of these libraries loads none of them.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from musicapp_pipeline import logs
from musicapp_pipeline.setting_forms import masked
from musicapp_pipeline.settings import Settings
from musicapp_pipeline.store.errors import StoreError

log = logs.get(__name__)
_DATABASE = {
    "sqlalchemy.exc.OperationalError",
    "sqlalchemy.exc.ArgumentError",
    "sqlite3.OperationalError",
    "psycopg2.OperationalError",
    "psycopg2.errors.InsufficientPrivilege",
}
_DATABASE_ITSELF = {"sqlalchemy.exc.DatabaseError", "sqlite3.DatabaseError"}
"""A file that is none, or is damaged; what derives from these is mostly a defect of ours."""
_BUCKET = {
    "botocore.exceptions.BotoCoreError",
    "botocore.exceptions.ClientError",
    "boto3.exceptions.Boto3Error",
}
_UNKNOWN_VERSION = "alembic.script.revision.ResolutionError"


class DatabaseUnusable(StoreError):
    """The database does not answer, refuses us, is full, or is none."""

    code = "database_unusable"


class NewerDatabase(DatabaseUnusable):
    """A later release has been here; its tables are not ours to guess at."""

    code = "newer_database"


class MediaUnusable(StoreError):
    """The bucket does not answer, or refuses us."""

    code = "media_unusable"


@contextmanager
def told_plainly(settings: Settings) -> Iterator[None]:
    """What is raised inside as a typed error where a person can do something about it.

    Raises:
        DatabaseUnusable, NewerDatabase, MediaUnusable: any other error stays what it is.
    """
    try:
        yield
    except Exception as error:
        told = _in_plain_words(error, settings)
        if told is None:
            raise
        log.info("told in one line", code=told.code, exc_info=error)  # with --verbose, the rest
        raise told from error


def _in_plain_words(error: BaseException, settings: Settings) -> StoreError | None:
    link: BaseException | None = error
    while link is not None:
        names = [f"{kind.__module__}.{kind.__qualname__}" for kind in type(link).__mro__]
        origin = getattr(link, "orig", None)
        if _UNKNOWN_VERSION in names:
            return _newer(link, settings)
        if names[0] in _DATABASE_ITSELF or _DATABASE.intersection(names):
            return _database(origin or link, settings)
        if _BUCKET.intersection(names):
            return _bucket(link, settings)
        link = origin or link.__cause__
    return None


def _place(settings: Settings) -> tuple[str, str]:
    if settings.database_url:
        return "DATABASE_URL", masked(settings.database_url)
    return "MUSICAPP_HOME", str(settings.home)


def _database(error: BaseException, settings: Settings) -> DatabaseUnusable:
    name, place = _place(settings)
    where = place if settings.database_url else f"the database in {place}"
    return DatabaseUnusable(
        f"{name}: {where} cannot be used: {_first_line(error)}",
        field=name,
        value=place,
        allowed="a database that answers, lets us in and has room",
    )


def _newer(error: BaseException, settings: Settings) -> NewerDatabase:
    name, place = _place(settings)
    return NewerDatabase(
        f"{name}: the database of {place} was made by a newer MusicApp, of schema"
        f" {getattr(error, 'argument', '?')!r}; update MusicApp, or name another {name}",
        field=name,
        value=place,
        allowed="a database of this release, or of an older one",
    )


def _bucket(error: BaseException, settings: Settings) -> MediaUnusable:
    bucket, at = settings.aws_s3_bucket, settings.aws_endpoint_url_s3
    where = f"{bucket} at {masked(at)}" if at else f"{bucket}"
    return MediaUnusable(
        f"AWS_S3_BUCKET: the bucket {where} cannot be used: {_first_line(error)}",
        field="AWS_S3_BUCKET",
        value=bucket,
        allowed="a bucket that answers and that the keys may read and write",
    )


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return " ".join(lines[0].split()) if lines else type(error).__name__
