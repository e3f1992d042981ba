"""Another master: scenes with takes and a person's corrections follow the music.

A storyboard notes which song its scenes and edits are timed for. When another one has been heard
since, the offset between the two is found, and everything that is kept moves by it, in the one
transaction that notes the new song: a killed run has moved all or nothing, and nothing twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import chain
from typing import Any

from sqlalchemy.orm import Session

from musicapp_pipeline.analysis.corrections import corrected
from musicapp_pipeline.analysis.model import SongAnalysis
from musicapp_pipeline.analysis.replacing import Offset, offset_between
from musicapp_pipeline.defs.making import digest
from musicapp_pipeline.defs.stage import Task
from musicapp_pipeline.defs.stages import AUDIO_ANALYSIS
from musicapp_pipeline.defs.storyboard import away, carrying, moving_edits, short
from musicapp_pipeline.store import artifacts, events, projects, scenes
from musicapp_pipeline.store.errors import MediaMissing
from musicapp_pipeline.store.models import Artifact, Scene, Storyboard
from musicapp_pipeline.storyboard.moving import Carried, carry
from musicapp_pipeline.timebase import frame_at

TRUSTED = 0.5
"""Confidence from which two masters are one recording (``analysis.replacing``)."""


def follow(task: Task) -> None:
    """Move what is kept if the song that was heard is not the one it is timed for."""
    with task.bench.database.read() as session:
        song = artifacts.get(session, "song", task.key)
        before = dict(projects.storyboard(session, task.key).heard)
        if song is None or song.media_key is None or before.get("song") == song.data_version:
            return
        if AUDIO_ANALYSIS.current(session, task.bench, task.key) is None:
            return  # what is known of the beats is the former song's
        masters = _masters(before)
    task.report(0.02, "comparing the song with the former one")
    offsets = {master: _offset(task, master, song.media_key) for master in masters}
    task.check_cancelled()
    with task.bench.database.write() as session:
        project = projects.get(session, task.key, lock=True)
        board = projects.storyboard(session, task.key)
        if board.heard != before:
            return  # another run was faster
        _Replacing(session, task, board, song, offsets).carry_out()
        events.tell(session, project.id, "storyboard", id=board.id)


def warnings_of(board: Storyboard, rows: Sequence[Scene]) -> list[str]:
    """What a person should know of scenes and corrections that were made for another song."""
    strange = [s for s in rows if s.id in board.heard.get("strangers", {})]
    out = list(board.heard.get("lost", ()))
    if strange:
        named = ", ".join(str(s.order) for s in strange)
        out.append(
            f"this is another recording than the one that the takes of scene {named} were made"
            " for: they stay where they were, may not fit the music, and are off its beats"
        )
    foreign = board.heard.get("edits")
    if foreign and foreign["print"] == digest(board.edits):
        out.append(
            "your corrections of beats, sections or lyrics were made for another recording; they"
            " are in force unchanged: look whether they fit, or take them back"
        )
    return out


def _masters(heard: Mapping[str, Any]) -> set[str]:
    """The former songs that scenes or edits are timed for, also scenes that are out or short."""
    named = {heard.get("master")}
    named |= {(heard.get(part) or {}).get("of") for part in ("edits", "written")}
    named |= {*heard.get("strangers", {}).values()}
    for out in ("away", "short"):
        named |= {entry["of"] for entry in heard.get(out, {}).values()}
    return {m for m in named if m}


def _offset(task: Task, old: str, new: str) -> Offset:
    if old == new:
        return Offset(0.0, 1.0)
    media = task.bench.media
    try:
        return offset_between(media.fetch(old), media.fetch(new))
    except MediaMissing:
        return Offset(0.0, 0.0)


class _Replacing:
    """One song's place taken by another, within a transaction."""

    def __init__(
        self,
        session: Session,
        task: Task,
        board: Storyboard,
        song: Artifact,
        offsets: Mapping[str, Offset],
    ) -> None:
        self._session, self._board, self._song = session, board, song
        self._task, self._offsets = task, offsets
        self._project = projects.get(session, task.key)
        self._fps = projects.fps_of(self._project)
        self._before = dict(board.heard)
        self._base = self._before.get("master")

    def carry_out(self) -> None:
        note: dict[str, Any] = {
            "song": self._song.data_version,
            "master": self._song.media_key,
            "url": self._project.audio_url,
            **({"asked": self._before["asked"]} if "asked" in self._before else {}),
        }
        if self._base is not None:
            note |= moving_edits.move(
                self._board, self._project, self._before, self._base, self._trusted
            )
            outside = note.get("lost", [])
            analysis = corrected(
                SongAnalysis.model_validate(self._board.analysis), self._board.edits
            )
            note |= self._scenes(analysis)
            if lost := [*outside, *(told for told in note.get("lost", ()) if told not in outside)]:
                note["lost"] = lost
            offset = self._offsets[self._base]
            if offset.confidence >= TRUSTED:
                note["said"] = {"run": self._task.run_id, "seconds": round(offset.seconds, 3)}
        self._board.heard = note
        self._board.revision += 1

    def _trusted(self, master: str) -> float | None:
        offset = self._offsets[master]
        return offset.seconds if offset.confidence >= TRUSTED else None

    def _scenes(self, analysis: SongAnalysis) -> dict[str, Any]:
        """Move the scenes, and take in again those that were out; note those that could not follow
        and those that have no place."""
        session, bench = self._session, self._task.bench
        present = scenes.of_project(session, self._project.id)
        strangers = self._before.get("strangers", {})
        last = max((s.end_frame for s in present), default=0)
        out = away.waiting(session, self._before)
        cut_short = self._before.get("short", {})
        whole = {s.id: short.make_whole(session, bench, s, cut_short.get(s.id)) for s in present}
        present.sort(key=lambda s: s.start_frame)
        homes = {s.id: whole[s.id] or (strangers.get(s.id, self._base), last) for s in present}
        homes |= {s.id: home for home, group in out.items() for s in group}
        rows = [*present, *chain.from_iterable(out.values())]
        taken = {s.id for s in rows if scenes.has_takes(session, s.id)}
        places: dict[str, Carried | None] = {}
        for home in dict.fromkeys(homes[s.id] for s in present):
            group = [s for s in present if homes[s.id] == home]
            places |= self._carried(group, home, analysis, taken)
        for home, group in out.items():
            found = self._trusted(home[0]) is not None
            places |= self._carried(group, home, analysis, taken) if found else {}
        foreign = {i for i in taken if self._trusted(homes[i][0]) is None}
        returning = {s.id for s in rows if s.archived_at is not None}
        kept = [s.id for s in rows if s.id in taken]
        _part(kept, foreign | returning | {i for i in whole if whole[i]}, places)
        homeless, shortened = [], {}
        for scene in rows:
            place = places.get(scene.id)
            if place is not None:
                if scene.id in returning:
                    scenes.restore(session, scene)
                seconds = self._trusted(homes[scene.id][0]) or 0.0
                if scene.id in taken:
                    shortened[scene.id] = short.note(scene, homes[scene.id], place, seconds)
                carrying.place(session, bench, scene, place, seconds)
                continue
            homeless.append((scene, homes[scene.id]))
            if scene.id not in returning:
                scenes.archive(session, scene)
        shortened = {i: entry for i, entry in shortened.items() if entry is not None}
        staying = {i: homes[i][0] for i in sorted(foreign) if places.get(i) is not None}
        return {
            **({"strangers": staying} if staying else {}),
            **({"short": shortened} if shortened else {}),
            **away.note(homeless, taken),
        }

    def _carried(
        self, group: Sequence[Scene], home: away.Home, analysis: SongAnalysis, taken: set[str]
    ) -> dict[str, Carried | None]:
        """Where scenes that are timed for one master lie in the new one."""
        master, last = home
        seconds = self._trusted(master)
        if seconds is None:
            return {s.id: _staying(s, analysis.duration, self._fps) for s in group}
        clips = {
            n: carrying.clips_of(self._session, s, self._fps)
            for n, s in enumerate(group)
            if s.id in taken
        }
        moved = carry(group, seconds, analysis, self._fps, clips, last)
        return {s.id: place for s, place in zip(group, moved, strict=True)}


def _staying(scene: Scene, duration: float, fps: Fraction) -> Carried | None:
    """A scene of another recording: where it was, as far as the song goes."""
    total = frame_at(duration, fps)
    if scene.start_frame >= total:
        return None
    over = scene.end_frame > total
    return Carried(
        scene.start_frame,
        total if over else scene.end_frame,
        scene.start_time,
        duration if over else scene.end_time,
    )


def _part(kept: Sequence[str], yielding: set[str], places: dict[str, Carried | None]) -> None:
    """Where scenes overlap, those that are off the music or were out until now give way."""
    found = [(i, place) for i in kept if (place := places.get(i)) is not None]
    left = ""
    for right, b in sorted(found, key=lambda entry: entry[1].start_frame):
        a = places.get(left)
        if a is None or a.end_frame <= b.start_frame:
            left = right
        elif left in yielding and right not in yielding:
            early = replace(a, end_frame=b.start_frame, end_time=b.start_time)
            places[left] = early if early.end_frame > early.start_frame else None
            left = right
        else:
            cut = a.end_frame - b.start_frame
            late = replace(b, start_frame=a.end_frame, start_time=a.end_time, head=b.head + cut)
            places[right] = late if late.end_frame > late.start_frame else None
            left = right if places[right] is not None else left
