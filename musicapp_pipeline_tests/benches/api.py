"""The facade: a large scene list at a steady rate, and what grows with finished projects."""

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx

from musicapp_pipeline.api.app import create_app
from musicapp_pipeline.api.webhooks.outbox import collect
from musicapp_pipeline.defs.abandoned import unrecorded_takes
from musicapp_pipeline.defs.selections import unsettled
from musicapp_pipeline.generation import leases
from musicapp_pipeline.store import events, jobs, projects, scenes, takes
from musicapp_pipeline.store.database import Database
from musicapp_pipeline.store.models import now
from musicapp_pipeline.storyboard.model import PlannerOptions
from musicapp_pipeline.storyboard.plan import plan_scenes
from musicapp_pipeline_tests.api.client import Client
from musicapp_pipeline_tests.api.crowd import multiply
from musicapp_pipeline_tests.api.steps import generated, planned
from musicapp_pipeline_tests.api.world import World, analysis
from musicapp_pipeline_tests.benches.figures import Figure, machine, quantile, show
from musicapp_pipeline_tests.supervisor.stack import cpu_of, free_port

SCENES, TAKES, RATE, SECONDS = 60, 5, 50, 8
FEW, MANY = 10, 2000
ROUNDS = 20
SERVE = """
import sys, uvicorn
from pathlib import Path
from musicapp_pipeline.api.app import create_app
from musicapp_pipeline_tests.api.world import World
app = create_app(World(Path(sys.argv[1]), fresh=False).context)
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="error", access_log=False)
"""


def large_project(world: World) -> str:
    """A project of 60 scenes with 5 completed takes each; its path."""
    heard = analysis(seconds=SCENES * 8.0)
    with world.database.write() as session:
        new = projects.NewProject(title="Large", audio_url="s3://bucket/a.mp3")
        project = projects.create(session, new)
        options = PlannerOptions(fps=projects.fps_of(project), clip_seconds=8)
        rows = scenes.add_planned(
            session, project, plan_scenes(heard, [], options), size="1280x720"
        )
        for scene in rows[:SCENES]:
            for _ in range(TAKES):
                version = takes.add(session, scene, prompt="Neon rain on an empty street " * 20)
                version.clip_key = f"projects/{version.key}/clip.mp4"
                version.quality_score = 0.75
                version.mezzanine = {"key": version.clip_key, "head": 0, "frames": scene.frames}
                takes.set_status(session, version, "completed")
        for scene in rows[SCENES:]:
            scene.archived_at = now()
        assert len(rows) >= SCENES, len(rows)
        return f"/api/projects/{project.id}"


async def steadily(url: str, path: str) -> list[float]:
    """Seconds from when each request was due to its whole answer, ``RATE`` a second."""
    out: list[float] = []
    async with httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as client:
        for _ in range(10):
            (await client.get(path)).raise_for_status()
        start = time.perf_counter()

        async def ask(number: int) -> None:
            due = start + number / RATE
            await asyncio.sleep(due - time.perf_counter())
            answer = await client.get(path)
            assert answer.status_code == 200, answer.text
            out.append(time.perf_counter() - due)

        await asyncio.gather(*(ask(n) for n in range(RATE * SECONDS)))
    return out


def scene_list(home: Path) -> list[Figure]:
    """Over a socket, from a process of its own."""
    world = World(home)
    path = large_project(world) + "/scenes"
    world.database.dispose()
    port = free_port()
    server = subprocess.Popen([sys.executable, "-c", SERVE, str(home), str(port)])
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{url}/healthz")
        floor = asyncio.run(steadily(url, "/healthz"))
        before = cpu_of(server.pid)
        seen = asyncio.run(steadily(url, path))
        each = (cpu_of(server.pid) - before) / len(seen)
        size = len(httpx.get(url + path, trust_env=False).content)
    finally:
        server.terminate()
        server.wait(20)
    p95, base = quantile(seen, 0.95), quantile(floor, 0.95)
    note = f"{size // 1024} KiB, {each * 1e3:.1f} ms of CPU each;"
    note += f" median {statistics.median(seen) * 1e3:.1f} ms;"
    note += f" /healthz at the same rate p95 {base * 1e3:.1f} ms"
    what = f"list of {SCENES} scenes with {TAKES} takes, {RATE} a second, p95"
    return [Figure(what, p95 * 1e3, "ms", 25, note)]


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            httpx.get(url, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(url)


def growth(home: Path) -> list[Figure]:
    """The same answers and looks for work beside 10 and beside 2,000 finished projects.

    Both are asked in turn, so that whatever else the machine does falls on both.
    """
    with finished(home / "few", FEW) as few, finished(home / "many", MANY) as many:
        events_of = [
            Database(f"sqlite:///{home / name / 'musicapp.db'}") for name in ("few", "many")
        ]

        def happen() -> None:
            """Something is committed, or answers that are kept would be compared."""
            for database in events_of:
                with database.write() as session:
                    events.tell(session, "another", "project")

        ratios, costs = {}, {}
        for name in few:
            first, second = cost_of(happen, few[name], many[name])
            ratios[name], costs[name] = second / first, second
    worst = max(ratios, key=ratios.__getitem__)
    note = f"median {statistics.median(ratios.values()):.2f}; the worst is {worst},"
    note += f" {costs[worst] * 1e3:.1f} ms of CPU"
    what = f"{MANY:,} finished projects against {FEW}, worst answer or look for work"
    return [Figure(what, ratios[worst], "x", 1.5, note)]


@contextmanager
def finished(home: Path, count: int) -> Iterator[dict[str, Callable[[], object]]]:
    """What is asked all the time, of a facade with that many finished projects."""
    world = World(home)
    with Client(create_app(world.context)) as client:
        api = client.http
        done, rows = planned(api, world, budgetCapUsd=1000)
        for scene in rows:
            version = generated(api, world, done, scene["id"])[0]
            api.post(f"{done}/scenes/{scene['id']}/versions/{version['id']}/select")
        at, rows = planned(api, world)
        generated(api, world, at, rows[0]["id"])
        job = api.get(f"{at}/jobs").json()[0]["id"]
        multiply(world, done.rpartition("/")[2], range(1, count))
        while collect(world.database):
            pass  # or the copies' events would be read while something else is measured
        with world.database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        paths = {
            "a project": at,
            "its scenes": f"{at}/scenes",
            "its timeline": f"{at}/storyboard/timeline",
            "its costs": f"{at}/costs",
            "its jobs": f"{at}/jobs",
            "a job": f"/api/jobs/{job}",
            "the projects": f"/api/projects?limit={FEW}",  # as many in both
        }
        asked: dict[str, Callable[[], object]] = {
            name: lambda path=path: api.get(path).raise_for_status() for name, path in paths.items()
        }
        yield asked | {"looks for work": lambda: look_for_work(world)}
    world.database.dispose()


def look_for_work(world: World) -> None:
    """What dispatcher, attendant and sensors ask all the time."""
    with world.database.write() as session:
        leases.lease_due(session, "bench", "mock", set(), 8)
        jobs.unlaunched(session, jobs.TYPES, timedelta(seconds=20))
        unsettled(session, now() - timedelta(minutes=15))
        unrecorded_takes(session, timedelta(seconds=15))


def cost_of(happen: Callable[[], object], *asks: Callable[[], object]) -> list[float]:
    """CPU seconds of each, medians of some rounds; nothing is kept from one to the next."""
    seen: list[list[float]] = [[] for _ in asks]
    for number in range(ROUNDS + 2):
        for ask, mine in zip(asks, seen, strict=True):
            happen()
            before = time.process_time()
            ask()
            if number > 1:
                mine.append(time.process_time() - before)
    return [statistics.median(mine) for mine in seen]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        figures = scene_list(Path(folder) / "list") + growth(Path(folder) / "growth")
    show(figures)
    print(f"\n{machine()}", flush=True)


if __name__ == "__main__":
    main()
