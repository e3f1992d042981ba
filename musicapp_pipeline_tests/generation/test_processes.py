"""Dispatchers as real processes: killed with SIGKILL, and several on one database."""

from typing import Any

import pytest

from musicapp_pipeline_tests.generation.fault_server import FaultServer
from musicapp_pipeline_tests.generation.money_world import MoneyWorld, money_world
from musicapp_pipeline_tests.generation.worker_process import Plan
from musicapp_pipeline_tests.processes import PATIENCE, running, wait


def dispatchers(world: MoneyWorld, count: int = 1, **plan: Any) -> Any:
    """Processes that dispatch the takes of this world."""
    url = world.database.engine.url.render_as_string(hide_password=False)
    argv = Plan(url, str(world.folder / "media"), world.server.url, **plan).argv()
    return running(argv, count)


@pytest.mark.parametrize(
    ("step", "after", "bills"),
    [
        ("submit", False, 0),
        ("submit", True, 1),
        ("keep", False, 1),
        ("completed to settled", False, 1),
    ],
)
def test_a_process_that_is_killed_is_followed_by_one_that_pays_nothing_twice(
    step, after, bills, tmp_path
):
    """Before and after the POST, with the clip half stored, and before it is noted."""
    with money_world("sqlite", tmp_path) as world:
        world.admit()
        with dispatchers(world, step=step, after=after) as (process,):
            assert process.wait(PATIENCE) == -9
        assert len(world.server.ledger.charges) == bills
        world.die()
        world.drive()
        assert (world.states(), world.statuses()) == (["settled"], ["landed"])
        world.check_settled()


class Counting(FaultServer):
    """Notes how many jobs are under way at each create."""

    most = 0

    def _bill(self, *args: Any, **kwargs: Any) -> Any:
        job = super()._bill(*args, **kwargs)
        under_way = [j for j in self.jobs.values() if self._state(j) != "completed"]
        self.most = max(self.most, len(under_way))
        return job


def test_three_processes_share_the_work_the_places_and_the_gate(tmp_path):
    with money_world("postgres", tmp_path, scenes=4) as world, Counting() as server:
        world.server = server
        world.hold()
        server.script("create", "ok", "429")
        world.admit(each=3)
        with dispatchers(world, 3, options={"max_in_flight": 3}) as started:
            wait(lambda: server.most == 3)
            server.job_seconds = 0.2
            for job in list(server.jobs.values()):
                job.seconds_to_do = 0.0
            wait(lambda: world.statuses() == ["landed"] * 12)
            assert all(process.poll() is None for process in started)
        assert server.most == 3, "places are counted over all processes"
        creates = [r for r in server.requests if r.method == "POST"]
        assert len(creates) == 13, "one was turned down, and sent again"
        world.check_settled()
        assert [process.returncode for process in started] == [0] * 3, "SIGTERM ends them in order"
