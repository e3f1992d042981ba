"""What storyboards and timelines look like from outside."""

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from musicapp_pipeline.analysis.edit_fields import FASTEST, SLOWEST, named
from musicapp_pipeline.analysis.edits import Edit
from musicapp_pipeline.api.jobs.schemas import JOB_EXAMPLE, JobRead
from musicapp_pipeline.api.kit.models import Changes, Input, Moment, Output, Text

ROUNDING = 0.05
"""Seconds by which times that people round may overlap or pass the song's end."""
SONG = 24 * 3600
"""Seconds; no song is longer."""
MAX_BEATS = 50_000
SectionType = Literal[
    "intro", "verse", "prechorus", "chorus", "bridge", "breakdown", "instrumental", "outro"
]
"""The same as the analysis's ``SECTION_TYPES``; a test holds them together."""


class BeatRead(Output):
    """A beat."""

    time: float
    strength: float


class BeatGridRead(Output):
    """Tempo and beats; ``downbeats`` are the beats that bars start on."""

    bpm: float
    beats: list[BeatRead]
    downbeats: list[float]
    metre: int


class SectionRead(Output):
    """A part of the song's form."""

    name: str
    start_time: float
    end_time: float
    type: str
    confidence: float | None = None


class EnergyRead(Output):
    """Loudness at a moment, 0 to 1 within the song."""

    time: float
    energy: float


class LyricRead(Output):
    """A lyric line and when it is sung."""

    text: str
    start_time: float
    end_time: float


class StoryboardRead(Output):
    """What was heard in the song, with a person's edits."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "sb-k3m9x2p7qa4t",
                    "projectId": "eternal-flame-k3m9x2",
                    "duration": 172.4,
                    "beatGrid": {
                        "bpm": 95.0,
                        "beats": [{"time": 0.42, "strength": 0.9}],
                        "downbeats": [0.42],
                        "metre": 4,
                    },
                    "sections": [
                        {
                            "name": "intro",
                            "startTime": 0,
                            "endTime": 10.1,
                            "type": "intro",
                            "confidence": 0.8,
                        }
                    ],
                    "energyCurve": [{"time": 0, "energy": 0.3}],
                    "lyricsData": [
                        {"text": "Best believe me...", "startTime": 10.4, "endTime": 12.2}
                    ],
                    "key": "A minor",
                    "bpmConfidence": 0.93,
                    "loudnessLufs": -9.1,
                    "notes": [],
                    "edits": [{"kind": "shift_beats", "milliseconds": 20.0}],
                    "warnings": [],
                    "revision": 2,
                    "createdAt": "2026-11-22T13:00:00Z",
                    "updatedAt": "2026-11-22T13:00:40Z",
                }
            ]
        }
    )

    id: str
    project_id: str
    duration: float | None
    beat_grid: BeatGridRead
    sections: list[SectionRead]
    energy_curve: list[EnergyRead]
    lyrics_data: list[LyricRead]
    key: str | None
    bpm_confidence: float | None
    loudness_lufs: float | None
    notes: list[str]
    edits: list[Edit]
    warnings: list[str]
    revision: int
    created_at: Moment
    updated_at: Moment


class BeatEdit(Input):
    """A beat somebody placed."""

    time: float = Field(ge=0, le=SONG)
    strength: float = Field(0.5, ge=0, le=1)


class BeatGridEdit(Changes):
    """A corrected beat grid, whole; without ``downbeats`` bars are counted from the first beat."""

    bpm: float | None = Field(None, ge=SLOWEST, le=FASTEST)
    beats: list[BeatEdit] | None = Field(None, min_length=2, max_length=MAX_BEATS)
    downbeats: list[Annotated[float, Field(ge=0, le=SONG)]] | None = Field(
        None, max_length=MAX_BEATS
    )
    metre: int | None = Field(None, ge=1, le=32)


class SectionEdit(Input):
    """A section somebody named or moved."""

    name: Annotated[Text, AfterValidator(named)] = Field(min_length=1, max_length=100)
    start_time: float = Field(ge=0, le=SONG)
    end_time: float = Field(gt=0, le=SONG)
    type: SectionType | None = None
    """Told from the name when left out."""
    confidence: float | None = Field(None, ge=0, le=1)


class LyricEdit(Input):
    """A lyric line somebody timed."""

    text: Text = Field(max_length=1000)
    start_time: float = Field(ge=0, le=SONG)
    end_time: float = Field(ge=0, le=SONG)


class StoryboardUpdate(Changes):
    """Manual adjustments; each list replaces the whole list, absent ones stay, null goes back to
    what was heard. Typed edits come after whole lists: those sent before a list are part of what
    it replaces, those sent with it or later change it."""

    nullable = frozenset({"edits", "beat_grid", "sections", "lyrics_data"})

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "sections": [
                        {"name": "intro", "startTime": 0, "endTime": 10, "type": "intro"},
                        {"name": "verse", "startTime": 10, "endTime": 40, "type": "verse"},
                    ]
                }
            ]
        }
    )

    edits: list[Edit] | None = Field(None, max_length=500)
    """Typed edits that stay in force when the song is heard again; the whole list."""
    beat_grid: BeatGridEdit | None = None
    sections: list[SectionEdit] | None = Field(None, min_length=1, max_length=500)
    lyrics_data: list[LyricEdit] | None = Field(None, max_length=5000)
    resnap: bool | None = None

    @model_validator(mode="after")
    def _ascending(self) -> "StoryboardUpdate":
        grid = self.beat_grid
        if grid is not None:
            _rising("beatGrid.beats", [b.time for b in grid.beats or ()])
            _rising("beatGrid.downbeats", grid.downbeats or [])
        _rising("sections", [s.start_time for s in self.sections or ()])
        for section in self.sections or ():
            if section.end_time <= section.start_time:
                raise ValueError(f"section {section.name!r} must end after it starts")
        for left, right in pairwise(self.sections or ()):
            if right.start_time < left.end_time - ROUNDING:
                raise ValueError(
                    f"section {right.name!r} starts at {right.start_time:g} s, before"
                    f" {left.name!r} ends ({left.end_time:g} s)"
                )
        for line in self.lyrics_data or ():
            if line.end_time < line.start_time:
                raise ValueError(f"lyric line {line.text!r} must not end before it starts")
        return self


class StoryboardQueued(Output):
    """The song will be heard and cut."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "jobId": JOB_EXAMPLE["id"],
                    "job": {
                        **JOB_EXAMPLE,
                        "type": "analyze_audio",
                        "status": "queued",
                        "sceneId": None,
                        "versionId": None,
                    },
                    "keptSceneIds": ["s007-k3m9x2"],
                    "replacedSceneIds": ["s008-p7qa4t"],
                }
            ]
        }
    )

    job_id: str
    job: JobRead
    kept_scene_ids: list[str]
    """Scenes with takes keep their cuts."""
    replaced_scene_ids: list[str]
    """Scenes that a new plan would archive; unchanged cuts keep theirs."""


class TimelineSection(Output):
    """As the specification has it, in snake case."""

    model_config = ConfigDict(alias_generator=None)

    name: str
    start_time: float
    end_time: float


class SelectedVersion(Output):
    """The take that stands for a scene."""

    id: str
    url: str | None


class TimelineScene(Output):
    """A scene on the timeline."""

    id: str
    order: int
    start_time: float
    end_time: float
    scene_type: str
    section: str | None
    status: str
    selected_version: SelectedVersion | None


class TimelineRead(Output):
    """The whole song with its scenes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "projectId": "eternal-flame-k3m9x2",
                    "duration": 172.4,
                    "bpm": 95,
                    "sections": [
                        {"name": "intro", "start_time": 0, "end_time": 10},
                        {"name": "verse", "start_time": 10, "end_time": 40},
                    ],
                    "energyCurve": [{"time": 0, "energy": 0.3}, {"time": 10, "energy": 0.7}],
                    "beats": [{"time": 0.42, "strength": 0.9}],
                    "scenes": [
                        {
                            "id": "s001-k3m9x2",
                            "order": 1,
                            "startTime": 0,
                            "endTime": 8,
                            "sceneType": "broll",
                            "section": "intro",
                            "status": "completed",
                            "selectedVersion": {
                                "id": "v-k3m9x2p7qa4t",
                                "url": "/media/projects/eternal-flame-k3m9x2/clip.mp4",
                            },
                        }
                    ],
                }
            ]
        }
    )

    project_id: str
    duration: float | None
    bpm: float
    sections: list[TimelineSection]
    energy_curve: list[EnergyRead]
    beats: list[BeatRead]
    scenes: list[TimelineScene]


def _rising(name: str, times: list[float]) -> None:
    for before, after in pairwise(times):
        if after <= before:
            raise ValueError(f"{name} must ascend: {after:g} comes after {before:g}")
