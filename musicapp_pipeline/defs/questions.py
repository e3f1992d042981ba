"""Takes of which nobody knows whether they were bought, shown in the Dagster UI."""

from collections.abc import Mapping, Sequence

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationTargetMaterializationData,
)

from musicapp_pipeline.defs import shown_check
from musicapp_pipeline.defs.takes.checks import NO_DOUBT
from musicapp_pipeline.generation.questions import OPEN_QUESTIONS, OpenQuestion, open_questions
from musicapp_pipeline.store import takes
from musicapp_pipeline.store.database import Database
from musicapp_pipeline.store.models import SceneVersion

LOOK_BACK = 1000
"""Observations that are read after a start."""
MOST_TOLD = 20
"""Takes in doubt that the check lists one by one."""
RESOLVE = "{base}/projects/{project}/scenes/{scene}/versions/{version}/resolve"


class Questions:
    """Reports each open question once, and that it is none any more: as observations of the take's
    ``clip`` partition, and as the asset check that is red as long as there is one. The check is
    told again whenever Dagster's page would show something else.

    What was told is read back from Dagster after a start.

    Args:
        base: the facade's address, where a person's word is taken.
    """

    def __init__(self, database: Database, instance: dg.DagsterInstance, base: str) -> None:
        self._database = database
        self._instance = instance
        self._base = base
        self._told: dict[str, str] | None = None
        """What state each take in doubt was told to be in; None before the first time."""
        self._checked: dict[str, str] | None = None
        """The same of the check."""

    def report(self) -> int:
        """Tell what has come up or been cleared up since the last call; how many came up."""
        before = self._told if self._told is not None else self._told_before()
        with self._database.read() as session:
            asked = {question.key: question for question in open_questions(session)}
            closed = before.keys() - asked.keys()
            ends = [_cleared_up(k, before[k], takes.by_key(session, k)) for k in sorted(closed)]
        new = [
            question for question in asked.values() if before.get(question.key) != question.state
        ]
        for observation in (*ends, *(_observation(q, self._base) for q in new)):
            self._instance.report_runless_asset_event(observation)
        self._told = {question.key: question.state for question in asked.values()}
        if self._told != self._checked or not shown_check.is_shown(self._instance, not asked):
            made = shown_check.latest_clip(self._instance)
            found = _check(list(asked.values()), self._base, shown_check.target(made))
            self._instance.report_runless_asset_event(found)
            self._checked = self._told
        return len(new)

    def _told_before(self) -> dict[str, str]:
        """The takes whose latest observation says that they are in doubt."""
        found = self._instance.fetch_observations(dg.AssetKey("clip"), limit=LOOK_BACK)
        latest: dict[str, str] = {}
        for record in found.records:  # the newest first
            seen = record.asset_observation
            if seen is not None and seen.partition is not None:
                state = seen.metadata.get("state")
                latest.setdefault(seen.partition, str(state.value) if state is not None else "")
        return {key: state for key, state in latest.items() if state in OPEN_QUESTIONS}


def _observation(question: OpenQuestion, base: str) -> dg.AssetObservation:
    return dg.AssetObservation(
        asset_key="clip",
        partition=question.key,
        description=f"{question.state}: {question.message}",
        metadata={
            "state": question.state,
            "held_usd": float(question.held_usd),
            "provider": question.provider,
            "provider_job_id": question.provider_job_id or "none is known",
            "since": question.since.isoformat(),
            "what_a_person_can_do": dg.MetadataValue.md(
                "\n".join(f"- {action}" for action in question.actions)
                + "\n\nOutcomes: `not_charged`, `charged`, `attach` (with `soraClipId`)."
            ),
            "resolve": dg.MetadataValue.md(_resolve(question, base)),
        },
    )


def _check(
    asked: Sequence[OpenQuestion],
    base: str,
    about: AssetCheckEvaluationTargetMaterializationData | None,
) -> dg.AssetCheckEvaluation:
    return dg.AssetCheckEvaluation(
        asset_key=dg.AssetKey("clip"),
        check_name=NO_DOUBT,
        passed=not asked,
        metadata=told_of(asked, base),
        target_materialization_data=about,
    )


def told_of(asked: Sequence[OpenQuestion], base: str) -> Mapping[str, dg.MetadataValue]:
    """What the check says: how many takes are in doubt, the money that they hold, each take."""
    told: dict[str, dg.MetadataValue] = {
        "in_doubt": dg.MetadataValue.int(len(asked)),
        "held_usd": dg.MetadataValue.float(float(sum(q.held_usd for q in asked))),
    }
    for question in asked[:MOST_TOLD]:
        said = f"{question.state}: {question.message}\n\n{_resolve(question, base)}"
        told[question.key] = dg.MetadataValue.md(said)
    return told


def _resolve(question: OpenQuestion, base: str) -> str:
    command = f"`musicapp resolve {question.key} --outcome not_charged`"
    if question.archived:
        return f"{command} (its scene or project was deleted, so the API does not know it)"
    project, scene, _take = question.key.split("/")
    resolve = RESOLVE.format(
        base=base.rstrip("/"), project=project, scene=scene, version=question.version_id
    )
    say = '{"outcome": "not_charged", "note": "not on the invoice"}'
    return (
        f"`curl -X POST {resolve} -H 'content-type: application/json' -d '{say}'`\n\nor {command}"
    )


def _cleared_up(key: str, was: str, version: SceneVersion | None) -> dg.AssetObservation:
    """So that the partition's latest word is not the old one."""
    now = "gone" if version is None else version.status
    return dg.AssetObservation(
        asset_key="clip",
        partition=key,
        description=f"cleared up: it was {was}, the take is {now} now",
        metadata={"state": now},
    )
