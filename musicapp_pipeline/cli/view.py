"""What a person sees while a video is made: bars on a terminal, plain lines elsewhere."""

import sys
from decimal import Decimal
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

TITLES = {
    "song": "Decoding the song",
    "audio_analysis": "Hearing the song",
    "storyboard": "Planning the cut",
    "scene_plan": "Writing prompts",
    "clip": "Checking clips",
    "mezzanine": "Conforming takes",
    "vocal_segment": "Finding the voice",
    "lyric_alignment": "Aligning the words",
    "lip_synced_clip": "Moving the lips",
    "selected_take": "Choosing takes",
    "final_cut": "Stitching",
    "renditions": "Finishing files",
}
SHARE = {"song": 2, "audio_analysis": 6, "storyboard": 4, "takes": 60, "mezzanine": 14}
SHARE |= {"lip_synced_clip": 10, "final_cut": 4}
"""How much of the whole each part usually takes; only the bar and its time left rest on it."""


class View:
    """Progress on standard error, so that standard output stays clean for results."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._live = sys.stderr.isatty()
        self._progress = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=30),
            TaskProgressColumn(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._live,
        )
        self._bars: dict[str, TaskID] = {}
        self._shares: dict[str, float] = {}
        self._said: set[tuple[str, str]] = set()

    def __enter__(self) -> Self:
        self._progress.start()
        self._bars["all"] = self._progress.add_task("The video", total=100, note="")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        _value: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._progress.update(self._bars["all"], completed=100)
        self._progress.stop()

    def log(self, text: str) -> None:
        """A line that stays."""
        self._console.print(text, highlight=False, markup=False)

    def stage(self, stage: str, key: str, fraction: float, message: str) -> None:
        """A stage is this far with one partition."""
        title = TITLES.get(stage, stage)
        where = _where(key)
        self._bar(stage, title, fraction, f"{where} {message}".strip())
        self._share(stage, fraction)
        if not self._live and fraction >= 1 and (stage, key) not in self._said:
            self._said.add((stage, key))
            self.log(f"{title}: {where or key} {message}")

    def takes(self, done: int, total: int, cost: Decimal) -> None:
        """How many takes the provider has delivered, and what is spent or held."""
        self._bar("takes", "Rendering takes", done / max(total, 1), f"{done}/{total} · ${cost:.2f}")
        self._share("takes", done / max(total, 1))
        if not self._live and (said := ("takes", str(done))) not in self._said:
            self._said.add(said)
            self.log(f"Takes delivered: {done} of {total}, ${cost:.2f} spent or held")

    def _bar(self, name: str, title: str, fraction: float, note: str) -> None:
        if name not in self._bars:
            self._bars[name] = self._progress.add_task(title, total=1.0, note=note)
        self._progress.update(self._bars[name], completed=fraction, note=escape(note[:60]))

    def _share(self, name: str, fraction: float) -> None:
        if name in SHARE:
            self._shares[name] = max(self._shares.get(name, 0.0), fraction)
            done = sum(SHARE[n] * f for n, f in self._shares.items())
            self._progress.update(self._bars["all"], completed=min(done, 99))


def _where(key: str) -> str:
    """``project/s007-k3m9x2/t01`` as people say it."""
    parts = key.split("/")
    names = [f"scene {int(parts[1][1:4])}"] if len(parts) > 1 and parts[1][1:4].isdigit() else []
    if len(parts) > 2:
        names.append(f"take {int(parts[2][1:])}")
    return " ".join(names)
