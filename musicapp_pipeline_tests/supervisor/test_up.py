"""Out of process: real webserver, daemon, code server, worker and API, started by `musicapp up`.

Partition mappings that work in one process are dropped on the way to the hosts unless they are
registered there; only this shows that they are.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from musicapp_pipeline_tests.songs import click_song
from musicapp_pipeline_tests.supervisor.dagster_client import DagsterClient

pytestmark = pytest.mark.full
MUSICAPP = [sys.executable, "-m", "musicapp_pipeline.cli.main"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A home with one finished video, served by `musicapp up`."""
    folder = tmp_path_factory.mktemp("up")
    env = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("SORA_", "AWS_", "DATABASE"))},
        "MUSICAPP_HOME": str(folder / "home"),
        "USE_SORA_MOCK": "true",
    }
    song = click_song(folder / "song.wav", seconds=9)
    command = [*MUSICAPP, "make", str(song), "--clip-seconds", "4", "--out", str(folder / "out")]
    subprocess.run(command, env=env, check=True, cwd=folder)
    port, dagster_port = free_port(), free_port()
    log = (folder / "up.log").open("wb")
    process = subprocess.Popen(
        [*MUSICAPP, "up", "--port", str(port), "--dagster-port", str(dagster_port)],
        env=env, cwd=folder, stdout=log, stderr=log,
    )  # fmt: skip
    api = f"http://127.0.0.1:{port}"
    try:
        wait_until_ready(api, process, folder / "up.log")
        yield process, api, DagsterClient(f"http://127.0.0.1:{dagster_port}")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(40)


def wait_until_ready(api: str, process: subprocess.Popen, log: Path, seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{api}/readyz", timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.5)
    raise AssertionError(f"not ready:\n{log.read_text()[-4000:]}")


def children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text().split()]


def test_lineage_is_fresh_after_a_headless_run(running):
    _process, _api, dagster = running
    for asset in ("scene_plan", "clip", "mezzanine", "selected_take", "final_cut", "renditions"):
        stats = dagster.asset(asset)["partitionStats"]
        assert stats["numMaterialized"] == stats["numPartitions"] > 0
        assert dagster.stale(asset) == set()


def test_running_one_scene_again_makes_only_its_takes_stale(running):
    _process, _api, dagster = running
    scene = dagster.asset("scene_plan")["partitionKeys"][1]
    assert dagster.materialize("scene_plan", scene) == "SUCCESS"
    assert dagster.stale("clip") == {f"{scene}/t01"}
    assert dagster.stale("final_cut") == set()


def test_materialising_a_completed_take_verifies_it_and_makes_it_fresh(running):
    _process, _api, dagster = running
    [take] = dagster.stale("clip")
    assert dagster.materialize("clip", take) == "SUCCESS"
    assert dagster.stale("clip") == set()
    assert dagster.stale("mezzanine") == set()


def test_a_backfill_of_takes_of_different_scenes_runs_those_alone(running):
    _process, _api, dagster = running
    scenes = dagster.asset("scene_plan")["partitionKeys"]
    wanted = [f"{scene}/t02" for scene in (scenes[0], scenes[-1])]
    before = dagster.asset("mezzanine")["partitionStats"]["numMaterialized"]
    for key in wanted:
        dagster.add_take_key(key)
    assert dagster.backfill(["clip", "mezzanine"], wanted) == "COMPLETED_SUCCESS"
    stats = dagster.asset("mezzanine")["partitionStats"]
    assert stats["numMaterialized"] == before + 2
    assert stats["numFailed"] == 0


def test_a_killed_child_is_started_again(running):
    process, api, _dagster = running
    before = children(process.pid)
    victim = next(pid for pid in before if "api_process" in cmdline(pid))
    os.kill(victim, signal.SIGKILL)
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        time.sleep(0.5)
        now = children(process.pid)
        try:
            if victim not in now and httpx.get(f"{api}/readyz", timeout=5).status_code == 200:
                break
        except httpx.HTTPError:
            continue
    else:
        raise AssertionError("the API did not come back")
    assert len(children(process.pid)) == len(before)


def test_sigterm_ends_every_process(running):
    process, _api, _dagster = running
    before = children(process.pid)
    process.send_signal(signal.SIGTERM)
    assert process.wait(40) == 0
    assert [pid for pid in before if Path(f"/proc/{pid}").exists()] == []


def cmdline(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
