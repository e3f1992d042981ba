"""A dispatcher is killed at every step there is; the next one goes on, and nothing is paid twice.

Each scenario is a way an attempt can go. ``test_no_step_is_left_out`` runs it unharmed and compares
the steps it takes with those that it is killed at.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from musicapp_pipeline.generation import admission
from musicapp_pipeline.store import projects, takes
from musicapp_pipeline_tests.generation.money_world import MoneyWorld, money_world
from musicapp_pipeline_tests.generation.mortal import Life, mortal

pytestmark = pytest.mark.usefixtures("quick_check")


def plain(world: MoneyWorld) -> None:
    world.admit()


def lost_answer(world: MoneyWorld) -> None:
    world.server.script("create", "lose_response")
    world.admit()


def lost_request(world: MoneyWorld) -> None:
    world.server.script("create", "lose_request")
    world.admit()


def too_fast(world: MoneyWorld) -> None:
    world.server.script("create", "429")
    world.admit()


def refused(world: MoneyWorld) -> None:
    world.server.script("create", *["moderated"] * 9)
    world.admit()


def failing(world: MoneyWorld) -> None:
    world.server.fates.extend(["fail", "complete"])
    world.admit()


def truncated(world: MoneyWorld) -> None:
    world.server.script("content", "truncate")
    world.admit()


def never_comes(world: MoneyWorld) -> None:
    world.server.script("content", *["500"] * 99)
    world.admit()


def stuck(world: MoneyWorld) -> None:
    world.server.fates.append("stuck")
    world.admit()


def remix(world: MoneyWorld) -> None:
    world.admit()
    world.drive()
    with world.database.write() as session:
        source = takes.get(session, world.takes()[0].id)
        takes.set_status(session, source, "completed")
        project = projects.get(session, world.project_id)
        provider = world.provider(remix="native")
        admission.remix(session, project, source, "at night", provider, with_job=True)


@dataclass(frozen=True)
class Scenario:
    """A way to go, the steps it may be killed at, and where it ends."""

    begin: Callable[[MoneyWorld], None]
    steps: tuple[str, ...]
    ends: tuple[str, ...] = ("settled",)
    takes: tuple[str, ...] = ("landed",)
    options: dict[str, object] = field(default_factory=dict)


LANDING = ("submitted to completed", "download", "keep", "completed to settled")
SENDING = ("reserved to submitting", "submit")
SENT = (*SENDING, "submitting to submitted", "status")
SCENARIOS = {
    "plain": Scenario(plain, (*SENT, *LANDING, "note")),
    "lost_answer": Scenario(
        lost_answer,
        (*SENDING, "submitting to unknown", "list_recent", "unknown to submitted", "status",
         *LANDING, "note"),
    ),
    "lost_request": Scenario(
        lost_request,
        (*SENT, "submitting to unknown", "list_recent", "unknown to reserved", *LANDING, "note"),
    ),
    "too_fast": Scenario(too_fast, (*SENT, "submitting to reserved", *LANDING, "note")),
    "refused": Scenario(
        refused, (*SENDING, "submitting to released", "note"), ("released",), ("failed",)
    ),
    "failing": Scenario(
        failing, (*SENT, "submitted to released", *LANDING, "note"), ("released", "settled")
    ),
    "truncated": Scenario(truncated, (*SENT, *LANDING, "note")),
    "never_comes": Scenario(
        never_comes,
        (*SENT, "submitted to completed", "download", "completed to settled", "note"),
        takes=("failed",),
        options={"download_tries": 1, "download_rounds": 2},
    ),
    "stuck": Scenario(
        stuck, (*SENT, "submitted to stuck", "note"), ("stuck",), ("stuck",),
        {"job_timeout": 0.15},
    ),
    "remix": Scenario(
        remix,
        (*SENDING[:1], "remix", "submitting to submitted", "status", *LANDING, "note"),
        ("settled", "settled"),
        ("completed", "landed"),
    ),
}  # fmt: skip
PLAIN = SCENARIOS["plain"].steps


def _point(name: str, step: str, after: bool) -> object:
    """Steps that every scenario shares are tried in the plain one in every test run, and in all
    of them in the nightly one."""
    known = name != "plain" and step in PLAIN
    marks = [pytest.mark.nightly] if known else []
    return pytest.param(name, step, after, id=f"{name}: {step}{'!' if after else ''}", marks=marks)


POINTS = [
    _point(name, step, after)
    for name, scenario in SCENARIOS.items()
    for step in scenario.steps
    for after in (False, True)
]


def drive(world: MoneyWorld, life: Life, **options: object) -> None:
    """One dispatcher, until everything rests or it is dead."""

    async def main() -> None:
        dispatcher = mortal(world.dispatcher(**options), life)
        running = asyncio.create_task(dispatcher.run())
        while not life.dead and not await asyncio.to_thread(world.resting):
            await asyncio.sleep(0.01)
        dispatcher.stop()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(main())


def killed_and_resumed(world: MoneyWorld, scenario: Scenario, life: Life) -> None:
    scenario.begin(world)
    drive(world, life, **scenario.options)
    world.die()
    drive(world, Life(), **scenario.options)
    assert sorted(world.states()) == sorted(scenario.ends)
    assert world.statuses() == list(scenario.takes)
    whole = [a for a in world.attempts() if a.media_key is not None]
    assert len(whole) == sum(status in ("landed", "completed") for status in scenario.takes)
    for prompt in {version.prompt for version in world.takes()}:
        again = scenario.ends.count("released")
        assert world.server.ledger.times_billed(prompt) <= 1 + again
    if "stuck" in scenario.ends:
        world.check_books()
    else:
        world.check_settled()


@pytest.mark.parametrize(("name", "step", "after"), POINTS)
def test_killed_at_a_step_the_next_dispatcher_goes_on(name, step, after, tmp_path):
    with money_world("sqlite", tmp_path) as world:
        life = Life(step, after=after)
        killed_and_resumed(world, SCENARIOS[name], life)
        assert life.dead, f"it never came to {step}: {life.steps}"


@pytest.mark.full
@pytest.mark.parametrize(("name", "step", "after"), POINTS)
def test_on_postgresql_too(name, step, after, tmp_path):
    with money_world("postgres", tmp_path) as world:
        killed_and_resumed(world, SCENARIOS[name], Life(step, after=after))


@pytest.mark.parametrize("name", SCENARIOS)
def test_no_step_is_left_out(name, tmp_path):
    with money_world("sqlite", tmp_path) as world:
        life = Life()
        scenario = SCENARIOS[name]
        scenario.begin(world)
        drive(world, life, **scenario.options)
        assert set(life.steps) == set(scenario.steps)
