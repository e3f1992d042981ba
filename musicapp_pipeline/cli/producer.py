"""Carrying one project to its final cut in this process."""

import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime

import dagster as dg
from sqlalchemy.orm import Session

from musicapp_pipeline.cli.late import coming, look_again, looking
from musicapp_pipeline.cli.notes import hindrances
from musicapp_pipeline.cli.view import View
from musicapp_pipeline.defs.background import BackgroundDispatcher
from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.defs.flow import Next, best_take, draws, fresh_takes, next_steps
from musicapp_pipeline.defs.inprocess import run_wanted
from musicapp_pipeline.defs.observe import MADE, observed_by
from musicapp_pipeline.errors import MusicAppError
from musicapp_pipeline.generation import absence, admission, ledger
from musicapp_pipeline.generation.questions import open_questions
from musicapp_pipeline.generation.simulated import simulated_takes
from musicapp_pipeline.store import projects, scenes, takes
from musicapp_pipeline.store.models import now

LOOK = 0.2
SWEPT, FETCHED = 30.0, 60.0
"""Seconds at most that the search for late purchases and their clips are waited for at the end."""
SHOWN = 8
"""Scenes without a take of which the reason is told."""


class CannotFinish(MusicAppError):
    """Some scenes have no usable take."""

    code = "cannot_finish"


@dataclass
class Producer:
    """Does what :func:`next_steps` says until nothing is left.

    ``made`` and ``reused`` count partitions by stage; ``seconds`` sums wall time by stage.
    """

    bench: Workbench
    instance: dg.DagsterInstance
    view: View
    wanted_takes: int
    made: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)
    asked_at: datetime = field(default_factory=now)
    _before: Next | None = None
    _hindrances: set[tuple[str, str]] = field(default_factory=set)
    _late: set[str] = field(default_factory=set)
    """Attempts that were called stuck before this run."""
    _away: dict[str, str] = field(default_factory=dict)
    """Takes that nobody can ask for, and why."""

    def run(self, project_id: str) -> None:
        """Raises the failing stage's error; everything made until then stays."""
        dispatcher = BackgroundDispatcher(self.bench, self.view.log)
        in_use = self.bench.provider.name
        with self.bench.database.write() as session:
            self._late = look_again(session, project_id, in_use)
            withdrawn = absence.withdraw(session, project_id, in_use)
        if withdrawn:
            self.view.log(f"takes that were never sent to another provider: {withdrawn}")
            self.asked_at = now()
        with dispatcher, observed_by(self._observe):
            if self._in_doubt(project_id):
                dispatcher.swept(SWEPT)  # what is found now is waited for
            while not self._advance(project_id):
                pass
            dispatcher.swept(SWEPT)
            self._fetch_late(project_id)

    def _advance(self, project_id: str) -> bool:
        late = self._still_looking()  # before: what landed since is among the steps
        self._look_for_away(project_id)
        with self.bench.database.read() as session:
            steps = self._next(session, project_id)
        if steps.finished:
            return True
        if steps.runs and steps == self._before:
            raise CannotFinish(
                f"{' and '.join(steps.runs[0].assets)} ran but did not bring"
                f" {steps.runs[0].keys[0]} up to date; this is a defect, please report it",
                value=list(steps.runs[0].keys),
            )
        self._before = steps
        if steps.failed and not (steps.runs or steps.admit or steps.waiting):
            if not late:
                raise self._why_not(project_id, steps)
            steps = replace(steps, waiting=1)
        if steps.admit:
            self._admit(project_id)
        if steps.select:
            self._select(project_id, steps)
        for wanted in steps.runs:
            started = time.monotonic()
            run_wanted(self.instance, wanted)
            self._took("+".join(wanted.assets), time.monotonic() - started)
        if steps.waiting:
            self._show_takes(project_id)
            if not steps.runs:
                time.sleep(LOOK)
                self._took("waiting for takes", LOOK)
        return False

    def _next(self, session: Session, project_id: str) -> Next:
        away = self._away.keys()
        return next_steps(session, self.bench, project_id, self.wanted_takes, self.asked_at, away)

    def _look_for_away(self, project_id: str) -> None:
        before = set(self._away.values())
        in_use, reaches = self.bench.provider.name, self.bench.reaches
        with self.bench.database.read() as session:
            self._away = absence.out_of_reach(session, project_id, in_use, reaches)
        told = Counter(self._away.values())
        for why in sorted(told.keys() - before):
            self.view.log(f"takes that are not waited for: {told[why]}. {why}")

    def _took(self, what: str, seconds: float) -> None:
        self.seconds[what] = self.seconds.get(what, 0.0) + seconds

    def _admit(self, project_id: str) -> None:
        with self.bench.database.write() as session:
            project = projects.get(session, project_id, lock=True)
            # Asked again behind the lock: the facade may have ordered some of them meanwhile.
            steps = self._next(session, project_id)
            wanted = [(scenes.get(session, scene_id), n) for scene_id, n in steps.admit]
            real = not draws(self.bench)
            drawn = sum(bool(real and simulated_takes(session, s.id)) for s, _ in wanted)
            admitted = admission.admit(session, project, wanted, self.bench.provider)
        self.view.log(f"{len(admitted)} takes ordered")
        if drawn:
            self.view.log(f"scenes of which the mock had drawn a take: {drawn}; those do not count")

    def _select(self, project_id: str, steps: Next) -> None:
        with self.bench.database.write() as session:
            for scene_id in steps.select:
                scene = scenes.get(session, scene_id, project_id=project_id)
                best = best_take(fresh_takes(session, self.bench, scene))
                if best is not None:
                    takes.select_version(session, scene, best)

    def _in_doubt(self, project_id: str) -> bool:
        with self.bench.database.read() as session:
            return any(q.state == "unknown" for q in open_questions(session, project_id))

    def _still_looking(self) -> bool:
        """A clip that was late may be there by now, and paid for."""
        with self.bench.database.read() as session:
            return bool(self._late) and looking(session, self._late)

    def _fetch_late(self, project_id: str) -> None:
        """Clips of purchases that showed up late: the costs are to be what the invoice says."""
        deadline = time.monotonic() + FETCHED
        while time.monotonic() < deadline:
            with self.bench.database.read() as session:
                if not coming(session, project_id):
                    return
            time.sleep(LOOK)

    def _show_takes(self, project_id: str) -> None:
        provider = self.bench.provider
        options = self.bench.dispatcher_options(provider.name)
        with self.bench.database.read() as session:
            rows = scenes.of_project(session, project_id, versions=True)
            versions = [v for s in rows for v in s.versions]
            cost = ledger.committed(session, project_id)
            found = hindrances(session, project_id, provider.key, options.doubtful)
        done = sum(v.status not in ("queued", "generating") for v in versions)
        self.view.takes(done, len(versions), cost)
        for what in sorted(found.keys() - self._hindrances):
            self.view.log(found[what])
        self._hindrances |= found.keys()

    def _observe(self, stage: str, key: str, fraction: float, message: str) -> None:
        if fraction >= 1 and message == MADE:
            self.made[stage] += 1
        self.view.stage(stage, key, fraction, message)

    def _why_not(self, project_id: str, steps: Next) -> CannotFinish:
        with self.bench.database.read() as session:
            told = [self._reason(session, project_id, scene_id) for scene_id in steps.failed]
            gone = {takes.get(session, id_).scene_id for id_ in self._away}
            doubtful = {q.key.rpartition("/")[0] for q in open_questions(session, project_id)}
        lines = [f"{len(told)} scenes have no usable take:", *told[:SHOWN]]
        if len(told) > SHOWN:
            lines.append(f"  and {len(told) - SHOWN} more")
        if doubtful & {f"{project_id}/{scene_id}" for scene_id in steps.failed}:
            lines.append(
                "`musicapp resolve` lists the takes in doubt; say of each what is true with"
                " `musicapp resolve TAKE --outcome …`, then run the same command again; a higher"
                " --takes buys another one of every scene"
            )
        if gone & set(steps.failed):
            lines.append(
                "run the same command again once the settings are put back; a higher --takes orders"
                " another one of every scene from the provider in use"
            )
        return CannotFinish("\n".join(lines), field="scenes", value=list(steps.failed))

    def _reason(self, session: Session, project_id: str, scene_id: str) -> str:
        scene = scenes.get(session, scene_id, project_id=project_id)
        last = takes.of_scene(session, scene.id)[-1]
        told = (last.error or {}).get("message", last.status)
        return f"  scene {scene.order}: {self._away.get(last.id) or told}"
