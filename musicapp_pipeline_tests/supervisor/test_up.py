"""Out of process: `musicapp make`, interrupted, then `musicapp up` with all its processes.

The tests go on where the one before left the home.

Partition mappings that work in one process are dropped on the way to the hosts unless they are
registered there; only this shows that they are.
"""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from musicapp_pipeline_tests.supervisor.clock import LONG
from musicapp_pipeline_tests.supervisor.dagster_client import DagsterClient
from musicapp_pipeline_tests.supervisor.making import Make
from musicapp_pipeline_tests.supervisor.stack import Stack, children, running

pytestmark = pytest.mark.full
INTERRUPTED = (
    ("Planning the cut", signal.SIGINT),
    ("takes ordered", signal.SIGTERM),
    ("Conforming takes", signal.SIGINT),
    ("Choosing takes", signal.SIGKILL),
)
MADE = (
    "song", "audio_analysis", "storyboard", "scene_plan", "clip", "mezzanine", "selected_take",
    "final_cut", "renditions",
)  # fmt: skip


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    return Make(tmp_path_factory.mktemp("up"))


@pytest.fixture(scope="module")
def stack(make: Make) -> Iterator[Stack]:
    """The home with its finished video, served by `musicapp up`."""
    done = make.done()
    assert done.returncode == 0, done.stderr
    with running(make.folder) as made:
        yield made


@pytest.fixture(scope="module")
def dagster(stack: Stack) -> DagsterClient:
    return DagsterClient(stack.dagster)


def test_an_interrupted_video_is_carried_on_and_nothing_is_paid_twice(make: Make) -> None:
    """Ctrl-C, SIGTERM and SIGKILL leave a state that the next run goes on from."""
    for words, with_ in INTERRUPTED:
        code, said = make.interrupted_at(words, with_)
        assert code == (-9 if with_ == signal.SIGKILL else 130), said
        assert ("the same command goes on from here" in said) == (with_ != signal.SIGKILL)
        assert "Traceback" not in said
        assert not (make.folder / "out" / "song.mp4").exists()
    done = make.done()
    summary = json.loads(done.stdout)
    assert "results of earlier runs are kept" in done.stderr
    assert summary["takes"] == summary["scenes"]
    assert summary["costUsd"] == pytest.approx(0.24 * summary["scenes"])
    assert "song" not in summary["made"]
    assert Path(summary["video"]).is_file()


def test_lineage_is_whole_and_fresh_after_a_headless_run(dagster):
    """However often it was interrupted."""
    for asset in MADE:
        stats = dagster.asset(asset)["partitionStats"]
        assert stats["numMaterialized"] == stats["numPartitions"] > 0, asset
        assert stats["numFailed"] == 0, asset
        assert dagster.stale(asset) == set(), asset
    assert dagster.run_statuses() <= {"SUCCESS", "CANCELED"}


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
    assert stack.process.wait(LONG) == 0
    assert [pid for pid in before if Path(f"/proc/{pid}").exists()] == []
