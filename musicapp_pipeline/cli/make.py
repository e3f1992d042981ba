"""``musicapp make`` and ``musicapp demo``: one song to a video, headless."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy.orm import Session

from musicapp_pipeline.cli.late import late_notes
from musicapp_pipeline.cli.notes import notes_of
from musicapp_pipeline.cli.options import MakeOptions, Order
from musicapp_pipeline.cli.outputs import Outputs
from musicapp_pipeline.cli.producer import Producer
from musicapp_pipeline.cli.project import discard_unheard, find_or_create
from musicapp_pipeline.cli.view import View
from musicapp_pipeline.defs.bench import Workbench, workbench
from musicapp_pipeline.defs.flow import draws
from musicapp_pipeline.errors import MusicAppError
from musicapp_pipeline.generation.simulated import drawn, paid_with_money
from musicapp_pipeline.store import artifacts, projects, scenes
from musicapp_pipeline.store.ids import slug
from musicapp_pipeline.store.models import Project


@dataclass(frozen=True)
class Summary:
    """What was made, where it is, what it cost and how long it took (seconds)."""

    video: Path
    poster: Path
    contact_sheet: Path
    duration_seconds: float
    frames: int
    fps: str
    scenes: int
    takes: int
    cost_usd: Decimal
    simulated: bool
    made: Mapping[str, int]
    notes: tuple[str, ...]
    timings: Mapping[str, float]
    project_id: str
    bytes: int

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "video": str(self.video),
            "poster": str(self.poster),
            "contactSheet": str(self.contact_sheet),
            "durationSeconds": self.duration_seconds,
            "frames": self.frames,
            "fps": self.fps,
            "scenes": self.scenes,
            "takes": self.takes,
            "costUsd": float(self.cost_usd),
            "costSimulated": self.simulated,
            "projectId": self.project_id,
            "made": dict(self.made),
            "notes": list(self.notes),
            "timings": {name: round(value, 2) for name, value in self.timings.items()},
        }

    def as_text(self) -> str:
        """For people."""
        money = f"${self.cost_usd:.2f}" + (" (simulated by the mock)" if self.simulated else "")
        slowest = sorted(self.timings.items(), key=lambda item: -item[1])
        times = ", ".join(f"{name} {value:.1f} s" for name, value in slowest[:6] if value >= 0.05)
        count = sum(self.made.values())
        work = f"{count} partitions made" if count else "everything re-used, nothing had changed"
        return (
            f"{self.duration_seconds:.2f} s, {self.frames} frames at {self.fps} fps,"
            f" {self.scenes} scenes, {self.takes} takes, {money}\n"
            f"{work}\n{times}\n"
            + "".join(f"note: {note}\n" for note in self.notes)
            + f"contact sheet: {self.contact_sheet}\nvideo: {self.video}"
        )


class AlreadyMaking(MusicAppError):
    """Another process makes this very video."""

    code = "already_making"


def make_video(order: Order) -> Summary:
    """Carry a song to its video, or on from where an earlier run was interrupted.

    Raises:
        AlreadyMaking, MusicAppError: the failing stage's own; everything made until then stays.
    """
    from musicapp_pipeline.defs.instance.home import open_instance
    from musicapp_pipeline.defs.telling import end_broken_runs, tell_what_is_made

    started = time.monotonic()
    bench = workbench()
    with _alone(bench, order):
        project = find_or_create(bench, order)
        with open_instance(bench.settings) as instance, View() as view:
            producer = Producer(bench, instance, view, order.options.takes)
            for note in order.notes:
                view.log(note)
            before = _artifact_count(bench, project.id)
            end_broken_runs(instance, project.id)
            if before:
                tell_what_is_made(bench, instance, project.id)
                view.log(f"{before} results of earlier runs are kept where nothing changed")
            try:
                producer.run(project.id)
            except MusicAppError:
                discard_unheard(bench, instance, project.id)
                raise
        timings = {**producer.seconds, "total": time.monotonic() - started}
        return _summary(bench, project, order, dict(producer.made), timings)


@contextmanager
def _alone(bench: Workbench, order: Order) -> Iterator[None]:
    """Two processes that make one video would order its takes twice."""
    folder = bench.settings.home / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / f"make-{order.identity[:16]}.lock", timeout=0):
            yield
    except Timeout as error:
        song = order.options.song.name
        raise AlreadyMaking(
            f"another musicapp is making this video of {song}; wait for it, or end it",
            field="song",
            value=song,
        ) from error


def demo_options(out: Path, takes: int) -> MakeOptions:
    """The bundled song with its lyrics."""
    from musicapp_pipeline import demo

    song = demo.song_path()
    return MakeOptions(song=song, lyrics=song.with_name("lyrics.txt"), out=out, takes=takes, seed=0)


def _artifact_count(bench: Workbench, project_id: str) -> int:
    with bench.database.read() as session:
        return artifacts.count(session, project_id)


def _summary(
    bench: Workbench,
    project: Project,
    order: Order,
    made: Mapping[str, int],
    timings: Mapping[str, float],
) -> Summary:
    with bench.database.read() as session:
        final = artifacts.get(session, "final_cut", project.id)
        assert final is not None and final.media_key is not None
        rows = scenes.of_project(session, project.id, versions=True)
        cost, simulated, paid = _cost(session, project.id, draws(bench))
        notes = (*order.notes, *notes_of(session, project.id), *paid)
        notes += late_notes(session, project.id)
        project = projects.get(session, project.id)
        names = _names(session, project)
    out = order.options.out.expanduser().resolve()
    pictures = final.details["pictures"]
    media = {
        ".mp4": final.media_key,
        "-poster.jpg": pictures["poster"],
        "-contact.png": pictures["contact_sheet"],
    }
    sources = {suffix: bench.media.fetch(key) for suffix, key in media.items()}
    placed = Outputs(bench.settings.home, project.id).put(out, names, sources)
    video, poster, sheet = placed.values()
    if video.stem != names[0]:
        notes += (f"files named {names[0]} were there before; this video is {video.name}",)
    return Summary(
        video=video,
        poster=poster,
        contact_sheet=sheet,
        duration_seconds=round(final.details["seconds"], 4),
        frames=final.details["frames"],
        fps=final.details["fps"],
        scenes=len(rows),
        takes=sum(len(s.versions) for s in rows),
        cost_usd=cost,
        simulated=simulated,
        made=made,
        notes=notes,
        timings=timings,
        project_id=project.id,
        bytes=final.details["bytes"],
    )


def _cost(
    session: Session, project_id: str, drawn_here: bool
) -> tuple[Decimal, bool, tuple[str, ...]]:
    """What it cost, whether that is simulated, and what is to be said about it."""
    paid, simulated = paid_with_money(session, project_id), drawn(session, project_id)
    if drawn_here and not paid:
        return simulated, True, ()
    left_out = f"the mock's simulated charges are not in the costs: ${simulated:.2f}"
    note = left_out if simulated else ""
    return paid, False, (note,) if note else ()


def _names(session: Session, project: Project) -> tuple[str, ...]:
    """What its files may be called: the title, unless an older video of this home has that name
    already, or else the project's id."""
    plain = slug(project.title)
    if not plain or projects.older_namesake(session, project):
        return (project.id,)
    return (plain, project.id)
