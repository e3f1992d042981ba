"""Just enough of Dagster's GraphQL for tests: what a person does in its UI."""

import time
from typing import Any

import httpx

from musicapp_pipeline_tests.supervisor.clock import LONG

ASSET = """query($key: AssetKeyInput!, $partition: String) {
  assetNodeOrError(assetKey: $key) { ... on AssetNode {
    partitionKeys staleStatus(partition: $partition)
    partitionStats { numMaterialized numPartitions numFailed } } } }"""
ADD_KEY = """mutation($selector: RepositorySelector!, $name: String!, $key: String!) {
  addDynamicPartition(repositorySelector: $selector, partitionsDefName: $name, partitionKey: $key) {
    __typename } }"""
BACKFILL = """mutation($params: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $params) { __typename
    ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
BACKFILL_STATUS = """query($id: String!) {
  partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill { status } } }"""
LAUNCH = """mutation($params: ExecutionParams!) {
  launchRun(executionParams: $params) { __typename ... on LaunchRunSuccess { run { runId } } } }"""
RUN = "query($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
RUNS = "{ runsOrError { ... on Runs { results { status } } } }"
SELECTOR = {"repositoryName": "__repository__", "repositoryLocationName": "musicapp"}


class DagsterClient:
    """A person at the Dagster UI, without the browser."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=300, trust_env=False)

    def asset(self, name: str, partition: str | None = None) -> dict[str, Any]:
        """Partition keys, their statistics, and the stale status of one of them."""
        variables = {"key": {"path": [name]}, "partition": partition}
        return self._ask(ASSET, variables)["assetNodeOrError"]

    def stale(self, name: str) -> set[str]:
        """Materialised partitions that are out of date."""
        keys = self.asset(name)["partitionKeys"]
        return {k for k in keys if self.asset(name, k)["staleStatus"] == "STALE"}

    def run_statuses(self) -> set[str]:
        """Of all runs."""
        runs = self._ask(RUNS, {})["runsOrError"]["results"]
        return {run["status"] for run in runs}

    def materialize(self, name: str, partition: str) -> str:
        """Run one partition and wait for its end; the run's status."""
        params = {
            "selector": {
                **SELECTOR,
                "jobName": "__ASSET_JOB",
                "assetSelection": [{"path": [name]}],
            },
            "mode": "default",
            "executionMetadata": {"tags": [{"key": "dagster/partition", "value": partition}]},
        }
        run = self._ask(LAUNCH, {"params": params})["launchRun"]["run"]["runId"]
        return self._until(
            lambda: self._ask(RUN, {"id": run})["runOrError"]["status"],
            {"SUCCESS", "FAILURE", "CANCELED"},
        )

    def backfill(self, names: list[str], partitions: list[str]) -> str:
        """Launch a backfill and wait for its end; its status."""
        params = {"assetSelection": [{"path": [n]} for n in names], "partitionNames": partitions}
        answer = self._ask(BACKFILL, {"params": params})["launchPartitionBackfill"]
        assert "backfillId" in answer, answer
        return self._until(
            lambda: self._ask(BACKFILL_STATUS, {"id": answer["backfillId"]})[
                "partitionBackfillOrError"
            ]["status"],
            {"COMPLETED", "COMPLETED_SUCCESS", "COMPLETED_FAILED", "FAILED", "CANCELED"},
        )

    def add_take_key(self, key: str) -> None:
        """Make a new take's partition known, as the UI's "add partition" does."""
        self._ask(ADD_KEY, {"selector": SELECTOR, "name": "takes", "key": key})

    def _until(self, look, ended: set[str], seconds: float = LONG) -> str:
        deadline = time.monotonic() + seconds
        while (status := look()) not in ended:
            assert time.monotonic() < deadline, f"still {status} after {seconds} s"
            time.sleep(0.5)
        return status

    def _ask(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        answer = self._client.post("/graphql", json={"query": query, "variables": variables}).json()
        assert "errors" not in answer, answer
        return answer["data"]
