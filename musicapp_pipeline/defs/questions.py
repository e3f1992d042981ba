"""Takes of which nobody knows whether they were bought, shown in the Dagster UI."""

import dagster as dg

from musicapp_pipeline.generation.resolving import OpenQuestion, open_questions
from musicapp_pipeline.store.database import Database

RESOLVE = "/api/projects/{project}/scenes/{scene}/versions/{version}/resolve"


class Questions:
    """Reports each open question once: an observation of its take's ``clip`` partition."""

    def __init__(self, database: Database, instance: dg.DagsterInstance) -> None:
        self._database = database
        self._instance = instance
        self._told: set[tuple[str, str]] = set()

    def report(self) -> int:
        """Tell what has come up since the last call; how many."""
        with self._database.read() as session:
            asked = open_questions(session)
        new = [q for q in asked if (q.version_id, q.state) not in self._told]
        for question in new:
            self._instance.report_runless_asset_event(_observation(question))
        self._told = {(q.version_id, q.state) for q in asked}
        return len(new)


def _observation(question: OpenQuestion) -> dg.AssetObservation:
    project, scene, _take = question.key.split("/")
    resolve = RESOLVE.format(project=project, scene=scene, version=question.version_id)
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
            ),
            "resolve": f"POST {resolve}",
        },
    )
