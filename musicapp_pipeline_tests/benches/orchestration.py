"""`musicapp up`: what it needs while idle, how fast a take goes through it, what each costs.

The CPU of orchestration is that of runs which find their take recorded already, so that nothing is
conformed; idle CPU of the same time is taken off.
"""

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from musicapp_pipeline_tests.benches.figures import Figure, machine, show
from musicapp_pipeline_tests.songs import click_song
from musicapp_pipeline_tests.supervisor.stack import Stack, children, cpu_of, running

QUIET, IDLE = 10.0, 20.0
"""Seconds to let a start settle, and to watch an idle stack."""
TAKES = 8
AGAIN = 12
RUNS = """query($tag: String!) {
  runsOrError(filter: {tags: [{key: "musicapp/landed", value: $tag}]}) {
    ... on Runs { results { runId stepStats { startTime } } } } }"""
LAUNCH = """mutation($params: ExecutionParams!) { launchRun(executionParams: $params) {
  ... on LaunchRunSuccess { run { runId } } } }"""
STATUS = "query($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"


def processes(pid: int) -> Iterator[int]:
    """A process and all below it."""
    yield pid
    for child in children(pid):
        yield from processes(child)


def pss_of(pid: int) -> float:
    """Megabytes, shared pages divided among those who share them."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def total_cpu(stack: Stack) -> float:
    return sum(cpu_of(pid) for pid in processes(stack.process.pid))


def idle(stack: Stack) -> tuple[list[Figure], float]:
    """Memory and CPU with nothing to do; also the share of a core, for taking off."""
    time.sleep(QUIET)
    before, start = total_cpu(stack), time.monotonic()
    time.sleep(IDLE)
    share = (total_cpu(stack) - before) / (time.monotonic() - start)
    each = {pid: pss_of(pid) for pid in processes(stack.process.pid)}
    note = f"{len(each)} processes"
    return [
        Figure("idle memory, sum of PSS", sum(each.values()), "MB", 1200, note),
        Figure("idle CPU", share * 100, "% of a core", 8, f"over {IDLE:.0f} s"),
    ], share


def ask(stack: Stack, query: str, **variables: Any) -> Any:
    answer = httpx.post(
        f"{stack.dagster}/graphql",
        json={"query": query, "variables": variables},
        timeout=60,
        trust_env=False,
    )
    return answer.json()["data"]


def planned(stack: Stack) -> str:
    """A project with scenes, and a worker that has run something; its path."""
    song = click_song(stack.folder / "song.wav", seconds=9)
    with song.open("rb") as file:
        upload = stack.http.post("/api/uploads", files={"file": file}).json()
    body = {"title": "B", "audioUrl": upload["url"], "clipSeconds": 4, "budgetCapUsd": 100}
    at = f"/api/projects/{stack.post('/api/projects', json=body)['id']}"
    stack.job(stack.post(f"{at}/storyboard/generate")["jobId"])
    return at


def takes(stack: Stack, at: str) -> tuple[list[Figure], list[str]]:
    """One take after the other; also their keys."""
    scenes = [s["id"] for s in stack.get(f"{at}/scenes")]
    sent: dict[str, float] = {}
    for number in range(TAKES + 1):
        moment = time.time()
        made = stack.post(f"{at}/scenes/{scenes[number % len(scenes)]}/generate")
        sent[made["versions"][0]["id"]] = moment
        stack.job(made["jobIds"][0])
    rows = sqlite3.connect(f"file:{stack.home}/musicapp.db?mode=ro", uri=True)
    created, begun, keys = [], [], []
    for version, moment in list(sent.items())[1:]:  # the first one loads code in the worker
        [(submitted,)] = rows.execute(
            "SELECT submitted_at FROM generation_attempts WHERE version_id = ?", [version]
        )
        created.append(stamp(submitted) - moment)
        [(key,)] = rows.execute("SELECT key FROM scene_versions WHERE id = ?", [version])
        [(landed,)] = rows.execute(
            "SELECT at FROM project_events WHERE kind = 'version' AND"
            " json_extract(payload, '$.id') = ? AND json_extract(payload, '$.status') = 'landed'",
            [version],
        )
        [run, *_] = ask(stack, RUNS, tag=key)["runsOrError"]["results"]
        begun.append(min(s["startTime"] for s in run["stepStats"]) - stamp(landed))
        keys.append(key)
    rows.close()
    note = f"p50 of {len(keys)} takes, one after the other"
    return [
        Figure("generate request to the provider's create", p50(created), "s", 0.5, note),
        Figure("landed to the first step of its run, warm", p50(begun), "s", 1.5, note),
    ], keys


def p50(values: list[float]) -> float:
    return statistics.median(values)


def stamp(text: str) -> float:
    """Our rows are in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def orchestration(stack: Stack, key: str, share: float) -> Figure:
    """CPU of all processes for a run that has nothing to make."""
    selector = {
        "repositoryLocationName": "musicapp",
        "repositoryName": "__repository__",
        "jobName": "__ASSET_JOB",
        "assetSelection": [{"path": ["clip"]}, {"path": ["mezzanine"]}],
    }
    tags = [
        {"key": "dagster/partition", "value": key},
        {"key": "musicapp/landed", "value": key},
    ]
    params = {"selector": selector, "mode": "default", "executionMetadata": {"tags": tags}}
    before, start = total_cpu(stack), time.monotonic()
    for _ in range(AGAIN):
        run = ask(stack, LAUNCH, params=params)["launchRun"]["run"]["runId"]
        stack.until(
            lambda run=run: ask(stack, STATUS, id=run)["runOrError"]["status"],
            lambda status: status == "SUCCESS",
        )
    spent = total_cpu(stack) - before - share * (time.monotonic() - start)
    note = f"mean of {AGAIN} runs of clip, mezzanine and its check; asking for them is counted"
    return Figure("CPU of orchestration a take", spent / AGAIN, "s", 0.4, note)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as stack:
        figures, share = idle(stack)
        through, keys = takes(stack, planned(stack))
        figures += [*through, orchestration(stack, keys[-1], share)]
    show(figures)
    print(f"\n{machine()}", flush=True)


if __name__ == "__main__":
    main()
