"""Out of process: `musicapp make`, interrupted; `musicapp up` with all its processes.

Partition mappings that work in one process are dropped on the way to the hosts unless they are
registered there; only this shows that they are.
"""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from musicapp_pipeline_tests.supervisor.dagster_client import DagsterClient
from musicapp_pipeline_tests.supervisor.making import Make
from musicapp_pipeline_tests.supervisor.stack import Stack, children, running

pytestmark = pytest.mark.full
INTERRUPTED = (
    ("Planning the cut", signal.SIGINT),
    ("takes ordered", signal.SIGTERM),
    ("Conforming takes", signal.SIGINT),
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A home with one finished video, served by `musicapp up`."""
    make = Make(tmp_path_factory.mktemp("up"))
    _stdout, stderr = make.start().communicate()
    assert (make.folder / "out" / "song.mp4").is_file(), stderr
    with running(make.folder) as made:
        yield made


@pytest.fixture(scope="module")
def dagster(stack: Stack) -> DagsterClient:
    return DagsterClient(stack.dagster)


def test_an_interrupted_video_is_carried_on_and_nothing_is_paid_twice(tmp_path: Path) -> None:
    """Ctrl-C and SIGTERM leave a state that the next run goes on from."""
    make = Make(tmp_path)
    for words, with_ in INTERRUPTED:
        code, said = make.interrupted_at(words, with_)
        assert code == 130, said
        assert any("the same command goes on from here" in line for line in said)
        assert not any("Traceback" in line for line in said)
        assert not (make.folder / "out" / "song.mp4").exists()
    stdout, stderr = make.start().communicate()
    summary = json.loads(stdout)
    assert "results of earlier runs are kept" in stderr
    assert summary["takes"] == summary["scenes"]
    assert summary["costUsd"] == pytest.approx(0.24 * summary["scenes"])
    assert "song" not in summary["made"]
    assert Path(summary["video"]).is_file()


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
