"""Many dispatchers, a provider that fails in every way, kills at random moments: the books agree.

Each run has its own dice, named by the seed, so that a failing one can be played again:
``pytest -k "seed-123"``.
"""

import random
from pathlib import Path

import pytest

from musicapp_pipeline_tests.databases import open_database
from musicapp_pipeline_tests.generation.chaos import Chaos
from musicapp_pipeline_tests.generation.fault_server import FaultServer
from musicapp_pipeline_tests.generation.money_world import MoneyWorld

pytestmark = pytest.mark.usefixtures("quick_check")
IN_CI = range(40)
ON_POSTGRES = range(40, 50)
NIGHTLY = range(1000, 2000, 10)


def play(kind: str, folder: Path, seed: int) -> None:
    """One run on a database of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    dice = random.Random(seed)
    with open_database(kind, folder) as database, FaultServer(**Chaos.server(dice)) as server:
        world = MoneyWorld(database, folder, server, scenes=dice.randint(2, 4), cap="3.60")
        Chaos(world, dice).play()


@pytest.mark.parametrize("seed", IN_CI, ids="seed-{}".format)
def test_nothing_is_paid_twice_or_lost_whatever_happens(seed, tmp_path):
    play("sqlite", tmp_path, seed)


@pytest.mark.parametrize("seed", ON_POSTGRES, ids="seed-{}".format)
def test_nor_on_postgresql(seed, tmp_path):
    play("postgres", tmp_path, seed)


@pytest.mark.nightly
@pytest.mark.parametrize("first", NIGHTLY, ids="seeds-from-{}".format)
def test_a_thousand_times(first, tmp_path):
    """Every fifth on PostgreSQL."""
    for seed in range(first, first + 10):
        play("sqlite" if seed % 5 else "postgres", tmp_path / str(seed), seed)
