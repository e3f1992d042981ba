"""Launching runs over GraphQL, for the facade and the attendant."""

import asyncio
from collections.abc import Sequence
from typing import Any

import dagster as dg
import httpx

from musicapp_pipeline import logs
from musicapp_pipeline.defs.asset import add_keys
from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.defs.runs import CPU_TYPES, RunSpec, as_graphql, run_for_job, run_for_take
from musicapp_pipeline.defs.selections import order_lip_sync
from musicapp_pipeline.defs.stage import Level
from musicapp_pipeline.defs.stages import BY_NAME
from musicapp_pipeline.store import jobs, scenes, takes
from musicapp_pipeline.store.database import HELD
from musicapp_pipeline.store.models import now

log = logs.get(__name__)
LOCATION, REPOSITORY = "musicapp", "__repository__"
LAUNCH = """
mutation Launch($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on InvalidSubsetError { message }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}"""
TERMINATE = """
mutation Terminate($run: String!) {
  terminateRun(runId: $run) { __typename }
}"""


class GraphqlLauncher:
    """Implements the facade's ``Launcher`` on Dagster's webserver.

    Nothing here raises when Dagster is away: the rows are written already, and the ``queued_jobs``
    sensor or the attendant launches what could not be launched at once.
    """

    def __init__(self, bench: Workbench, instance: dg.DagsterInstance, url: str) -> None:
        self._bench = bench
        self._instance = instance
        self._url = url.rstrip("/")
        self._client = httpx.AsyncClient(timeout=60, trust_env=False)

    async def launch(self, job_id: str) -> str | None:
        """Start the run of a queued CPU job; its id, or None when that was not possible or has
        been done before. Launching again is the sensor's business."""
        spec = await asyncio.to_thread(self._claim_launch, job_id)
        return await self._launch(spec) if spec else None

    async def landed(self, take_key: str) -> None:
        """Start the short run that verifies, conforms and records a landed take."""
        spec = await asyncio.to_thread(self._spec_of_take, take_key)
        await self._launch(spec)

    async def changed(self, project_id: str) -> None:
        """Make partitions of new scenes and takes known, and start lip-sync of new choices."""
        await asyncio.to_thread(self._sync_keys, project_id)
        for job_id in await asyncio.to_thread(self._order_lip_sync, project_id):
            await self.launch(job_id)

    async def cancel(self, run_id: str) -> None:
        """Stop a run that is parked or queued; a running body sees its job's flag itself."""
        await self._ask(TERMINATE, {"run": run_id})

    async def ready(self) -> bool:
        """Does the webserver answer, with our code location loaded?"""
        query = '{ repositoryOrError(repositorySelector: {repositoryName: "%s",'
        query += ' repositoryLocationName: "%s"}) { __typename } }'
        answer = await self._ask(query % (REPOSITORY, LOCATION), {})
        return answer is not None and answer["repositoryOrError"]["__typename"] == "Repository"

    def run_url(self, run_id: str) -> str | None:
        return f"{self._url}/runs/{run_id}"

    async def aclose(self) -> None:
        """Close connections."""
        await self._client.aclose()

    def _claim_launch(self, job_id: str) -> RunSpec | None:
        with self._bench.database.write() as session:
            job = jobs.get(session, job_id)
            # Two requests may have joined one job, each asking for its launch.
            session.refresh(job, with_for_update=HELD)
            if job.status != "queued" or job.type not in CPU_TYPES or job.launched_at is not None:
                return None
            job.launched_at, job.launches = now(), job.launches + 1
            spec = run_for_job(session, job)
        self._add_keys(BY_NAME[spec.assets[0]].level, [spec.key])
        return spec

    def _spec_of_take(self, take_key: str) -> RunSpec:
        with self._bench.database.read() as session:
            spec = run_for_take(session, take_key)
        self._add_keys("take", [take_key])
        return spec

    def _sync_keys(self, project_id: str) -> None:
        with self._bench.database.read() as session:
            rows = scenes.of_project(session, project_id, versions=True)
            scene_keys = [scene.key for scene in rows]
            take_keys = [
                key
                for scene in rows
                for key in ([v.key for v in scene.versions] or [takes.take_key(scene, 1)])
            ]
        self._add_keys("project", [project_id])
        self._add_keys("scene", scene_keys)
        self._add_keys("take", take_keys)

    def _order_lip_sync(self, project_id: str) -> list[str]:
        with self._bench.database.write() as session:
            rows = scenes.of_project(session, project_id)
            chosen = [
                takes.get(session, scene.selected_version_id)
                for scene in rows
                if scene.selected_version_id
            ]
            return [job.id for job in order_lip_sync(session, self._bench, chosen)]

    def _add_keys(self, level: Level, keys: Sequence[str]) -> None:
        add_keys(self._instance, level, keys)

    async def _launch(self, spec: RunSpec) -> str | None:
        params = as_graphql(spec, LOCATION, REPOSITORY)
        answer = await self._ask(LAUNCH, {"params": params})
        result = (answer or {}).get("launchRun", {})
        if "run" in result:
            return str(result["run"]["runId"])
        if answer is not None:
            log.error("run was not launched", assets=spec.assets, key=spec.key, answer=result)
        return None

    async def _ask(self, query: str, variables: dict[str, Any]) -> dict[str, Any] | None:
        try:
            response = await self._client.post(
                f"{self._url}/graphql", json={"query": query, "variables": variables}
            )
            answer = response.json()
        except (httpx.HTTPError, ValueError) as error:
            log.warning("dagster does not answer", url=self._url, why=str(error))
            return None
        if answer.get("errors"):
            log.error("dagster refused a query", errors=answer["errors"])
            return None
        data: dict[str, Any] = answer["data"]
        return data
