"""Out of process: real webserver, daemon, code server, worker and API, started by `musicapp up`.

Partition mappings that work in one process are dropped on the way to the hosts unless they are
registered there; only this shows that they are.
"""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from musicapp_pipeline_tests.songs import click_song
from musicapp_pipeline_tests.supervisor.dagster_client import DagsterClient
from musicapp_pipeline_tests.supervisor.stack import MUSICAPP, Stack, children, clean_env, running

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A home with one finished video, served by `musicapp up`."""
    folder = tmp_path_factory.mktemp("up")
    env = clean_env() | {"MUSICAPP_HOME": str(folder / "home"), "USE_SORA_MOCK": "true"}
    song = click_song(folder / "song.wav", seconds=9)
    command = [*MUSICAPP, "make", str(song), "--clip-seconds", "4", "--out", str(folder / "out")]
    subprocess.run(command, env=env, check=True, cwd=folder)
    with running(folder) as made:
        yield made


@pytest.fixture(scope="module")
def dagster(stack: Stack) -> DagsterClient:
    return DagsterClient(stack.dagster)


def test_lineage_is_fresh_after_a_headless_run(dagster):
    for asset in ("scene_plan", "clip", "mezzanine", "selected_take", "final_cut", "renditions"):
        stats = dagster.asset(asset)["partitionStats"]
        assert stats["numMaterialized"] == stats["numPartitions"] > 0
        assert dagster.stale(asset) == set()


def test_running_one_scene_again_makes_only_its_takes_stale(dagster):
    scene = dagster.asset("scene_plan")["partitionKeys"][1]
    assert dagster.materialize("scene_plan", scene) == "SUCCESS"
    assert dagster.stale("clip") == {f"{scene}/t01"}
    assert dagster.stale("final_cut") == set()


def test_materialising_a_completed_take_verifies_it_and_makes_it_fresh(dagster):
    [take] = dagster.stale("clip")
    assert dagster.materialize("clip", take) == "SUCCESS"
    assert dagster.stale("clip") == set()
    assert dagster.stale("mezzanine") == set()


def test_a_backfill_of_takes_of_different_scenes_runs_those_alone(dagster):
    scenes = dagster.asset("scene_plan")["partitionKeys"]
    wanted = [f"{scene}/t02" for scene in (scenes[0], scenes[-1])]
    before = dagster.asset("mezzanine")["partitionStats"]["numMaterialized"]
    for key in wanted:
        dagster.add_take_key(key)
    assert dagster.backfill(["clip", "mezzanine"], wanted) == "COMPLETED_SUCCESS"
    stats = dagster.asset("mezzanine")["partitionStats"]
    assert stats["numMaterialized"] == before + 2
    assert stats["numFailed"] == 0


def test_sigterm_ends_every_process(stack: Stack) -> None:
    before = children(stack.process.pid)
    assert len(before) == 5
    stack.process.send_signal(signal.SIGTERM)
    assert stack.process.wait(60) == 0
    assert [pid for pid in before if Path(f"/proc/{pid}").exists()] == []
