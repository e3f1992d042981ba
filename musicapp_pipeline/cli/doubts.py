"""``musicapp resolve``: takes of which nobody knows whether they were bought, and what is true."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.orm import Session

from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.errors import MusicAppError
from musicapp_pipeline.generation import resolving
from musicapp_pipeline.generation.questions import OpenQuestion, open_questions
from musicapp_pipeline.settings import Settings
from musicapp_pipeline.store import takes
from musicapp_pipeline.store.database import Database
from musicapp_pipeline.store.models import SceneVersion


class BadResolution(MusicAppError):
    """A take that does not exist, or an outcome without its job."""

    code = "bad_resolution"


SHOWN = 100
"""Characters of a prompt by which a job is told from others in a console."""


def doubts(settings: Settings) -> list[str]:
    """Every open question in a paragraph, oldest first."""
    with _database(settings) as database, database.read() as session:
        return [_told(session, question) for question in open_questions(session)]


def resolve(settings: Settings, take: str, outcome: str, job_id: str | None, note: str) -> str:
    """Say what is true of a take.

    Args:
        take: ``<project>/<scene>/t01``, or the take's id.
        job_id: the provider's own, for ``attach``.

    Raises:
        BadResolution, NothingToResolve, JobOfAnotherTake
    """
    if (outcome == "attach") != (job_id is not None):
        raise BadResolution(
            "--job-id goes with --outcome attach, and attach needs it",
            field="--job-id",
            value=job_id,
            allowed="the id of the job as the provider's console shows it",
        )
    with _database(settings) as database, database.write() as session:
        version = _take(session, take)
        if outcome == "attach":
            resolving.attach(session, version.id, str(job_id))
        elif outcome == "fetch_again":
            resolving.fetch_again(session, version.id)
        else:
            end = resolving.charged if outcome == "charged" else resolving.not_charged
            end(session, version.id, note)
        return f"take {version.key} is {version.status} now"


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    database = Workbench.open(settings).database
    try:
        yield database
    finally:
        database.dispose()


def _take(session: Session, named: str) -> SceneVersion:
    version = takes.by_key(session, named) or session.get(SceneVersion, named)
    if version is None:
        raise BadResolution(
            f"there is no take {named!r}; `musicapp resolve` lists those in doubt",
            field="TAKE",
            value=named,
            allowed="<project>/<scene>/t01, or a take's id",
        )
    return version


def _own_words(session: Session, question: OpenQuestion) -> str:
    """Its prompt from where it differs from all others of its project: they begin alike, and the
    style alone is longer than what is shown."""
    query = select(SceneVersion.prompt).where(
        SceneVersion.project_id == question.key.partition("/")[0],
        SceneVersion.prompt != question.prompt,
    )
    mine = question.prompt
    alike = max((_alike(mine, other) for other in session.scalars(query)), default=0)
    begin = max(mine.rfind(" ", 0, alike), mine.rfind("\n", 0, alike)) + 1
    words = " ".join(mine[begin:].split())[:SHOWN]
    return f"… {words}" if begin else words


def _alike(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _told(session: Session, question: OpenQuestion) -> str:
    job = question.provider_job_id or "none is known"
    prompt = _own_words(session, question)
    return "\n".join(
        (
            f"{question.key}  {question.state} since {question.since:%Y-%m-%d %H:%M:%S} UTC,"
            f" ${question.held_usd:.2f} held, {question.provider} job: {job}",
            f"  {question.seconds} s, {question.size}: {prompt}",
            f"  {question.message}",
            *(f"  - {action}" for action in question.actions),
        )
    )
