"""Takes of which nobody knows whether they were bought, shown in the Dagster UI."""

from collections.abc import Mapping, Sequence

import dagster as dg

from musicapp_pipeline.defs.takes.checks import NO_DOUBT
from musicapp_pipeline.generation.resolving import OpenQuestion, open_questions
from musicapp_pipeline.store.database import Database
from musicapp_pipeline.store.models import SceneVersion

MOST_TOLD = 20
"""Takes in doubt that the check lists one by one."""
RESOLVE = "{base}/projects/{project}/scenes/{scene}/versions/{version}/resolve"


class Questions:
    """Reports each open question once, and that it is none any more: as observations of the take's
    ``clip`` partition, and as the asset check that is red as long as there is one.

    Args:
        base: the facade's address, where a person's word is taken.
    """

    def __init__(self, database: Database, instance: dg.DagsterInstance, base: str) -> None:
        self._database = database
        self._instance = instance
        self._base = base
        self._told: dict[tuple[str, str], OpenQuestion] = {}
        self._checked: set[tuple[str, str]] | None = None
        """What the check was last told of; None before the first time."""

    def report(self) -> int:
        """Tell what has come up or been cleared up since the last call; how many came up."""
        with self._database.read() as session:
            asked = {(q.version_id, q.state): q for q in open_questions(session)}
            closed = [q for key, q in self._told.items() if key not in asked]
            ends = [_cleared_up(q, session.get(SceneVersion, q.version_id)) for q in closed]
        new = [question for key, question in asked.items() if key not in self._told]
        for observation in (*ends, *(_observation(q, self._base) for q in new)):
            self._instance.report_runless_asset_event(observation)
        if asked.keys() != self._checked:
            self._instance.report_runless_asset_event(_check(list(asked.values()), self._base))
            self._checked = set(asked)
        self._told = asked
        return len(new)


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


def _check(asked: Sequence[OpenQuestion], base: str) -> dg.AssetCheckEvaluation:
    return dg.AssetCheckEvaluation(
        asset_key=dg.AssetKey("clip"),
        check_name=NO_DOUBT,
        passed=not asked,
        metadata=told_of(asked, base),
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


def _cleared_up(question: OpenQuestion, version: SceneVersion | None) -> dg.AssetObservation:
    """So that the partition's latest word is not the old one."""
    now = "gone" if version is None else version.status
    return dg.AssetObservation(
        asset_key="clip",
        partition=question.key,
        description=f"cleared up: it was {question.state}, the take is {now} now",
        metadata={"state": now},
    )
