"""The ledger: never over the cap, exact, and only along the states' allowed ways."""

from decimal import Decimal
from itertools import product

import pytest

from musicapp_pipeline.generation import ledger, states
from musicapp_pipeline.generation.ledger import OverBudget
from musicapp_pipeline.generation.states import FINAL, HOLDING, TRANSITIONS, IllegalTransition
from musicapp_pipeline.store import projects, scenes, takes
from musicapp_pipeline.store.models import GenerationAttempt, SceneVersion
from musicapp_pipeline_tests.databases import KINDS, open_database
from musicapp_pipeline_tests.generation.money_world import check_entries
from musicapp_pipeline_tests.store.rows import new_project
from musicapp_pipeline_tests.together import together

CENT = Decimal("0.01")


@pytest.fixture(params=KINDS)
def database(request, tmp_path):
    with open_database(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def scene(database):
    with database.write() as session:
        return new_project(session, budget_cap_usd=Decimal("2.40"))[1][0]


def new_take(session, scene_id: str) -> SceneVersion:
    version = takes.add(session, scenes.get(session, scene_id), prompt="a lighthouse")
    version.model, version.size, version.seconds = "sora-2", "1280x720", 4
    return version


def reserve(
    session, scene_id: str, price: str = "0.06", number: int = 1, *, simulated: bool = False
) -> GenerationAttempt:
    return ledger.reserve(
        session,
        new_take(session, scene_id),
        provider="videos_api",
        usd_per_second=Decimal(price),
        price_version="p-test",
        fingerprint="f",
        request={},
        simulated=simulated,
        number=number,
    )


def test_fifty_reservations_at_once_fill_the_cap_and_never_pass_it(database, scene):
    """Ten fit: forty are refused, and what is held is exactly the cap."""

    def one(_: int) -> str:
        with database.write() as session:
            return reserve(session, scene.id).id

    answers = together(50, one)
    got = [answer for answer in answers if isinstance(answer, str)]
    assert len(got) == 10
    assert all(isinstance(a, OverBudget) for a in answers if not isinstance(a, str))
    with database.read() as session:
        assert ledger.committed(session, scene.project_id) == Decimal("2.40")
    check_entries(database, scene.project_id)


def test_reservations_and_releases_at_once_never_pass_the_cap(database, scene):
    """Sums are taken while others give back and settle."""
    with database.write() as session:
        first = [reserve(session, scene.id).id for _ in range(10)]

    def one(number: int) -> object:
        with database.write() as session:
            if number < 10:
                attempt = ledger.locked(session, first[number])
                if number % 2:
                    return ledger.release(session, attempt, "not bought")
                ledger.move(session, attempt, "submitting")
                ledger.move(session, attempt, "submitted")
                return ledger.settle(session, attempt)
            return reserve(session, scene.id)

    answers = together(30, one)
    assert all(not isinstance(a, Exception) or isinstance(a, OverBudget) for a in answers)
    with database.read() as session:
        assert ledger.spent(session, scene.project_id) == Decimal("1.20")
        assert ledger.committed(session, scene.project_id) <= Decimal("2.40")
    check_entries(database, scene.project_id)


def test_the_refusal_says_what_is_left_and_what_would_do(database, scene):
    with database.write() as session:
        reserve(session, scene.id, "0.50")
        with pytest.raises(OverBudget) as caught:
            reserve(session, scene.id, "0.20")
    error = caught.value
    assert (error.wanted, error.committed, error.cap) == (
        Decimal("0.80"),
        Decimal("2.00"),
        Decimal("2.40"),
    )
    assert "$0.40 is left" in error.message
    assert error.allowed == "at least 2.80"


@pytest.mark.parametrize(("left", "fits"), [("0.24", True), ("0.239999", False)])
def test_the_last_millionth_counts(database, left, fits):
    with database.write() as session:
        _, (scene,) = new_project(session, budget_cap_usd=Decimal(left))
    with database.write() as session:
        if fits:
            assert reserve(session, scene.id).reserved_usd == Decimal("0.24")
        else:
            with pytest.raises(OverBudget):
                reserve(session, scene.id)


def test_a_lowered_cap_holds_at_once_for_one_who_read_the_old_one(database, scene):
    with database.read() as session:
        stale = projects.get(session, scene.project_id)
        session.commit()
        with database.write() as other:
            projects.get(other, scene.project_id).budget_cap_usd = Decimal("0.10")
        with pytest.raises(OverBudget):
            reserve(session, scene.id)
        assert stale.budget_cap_usd == Decimal("0.10")


@pytest.mark.parametrize(("old", "new"), product(TRANSITIONS, TRANSITIONS))
def test_only_the_allowed_ways_lead_from_state_to_state(old, new):
    if new in TRANSITIONS[old]:
        states.check(old, new)
    else:
        with pytest.raises(IllegalTransition, match=f"{old} cannot become {new}"):
            states.check(old, new)


def test_what_the_states_promise():
    """The table itself: money held is let go only by an end, which only a person's word reopens."""
    assert set(HOLDING) | set(FINAL) == set(TRANSITIONS)
    assert TRANSITIONS["released"] == {"settled"}, "charged after all"
    assert TRANSITIONS["settled"] == {"completed", "released"}, "fetched again, or credited"
    assert TRANSITIONS["completed"] == {"settled"}, "what was delivered is paid"
    assert "reserved" not in TRANSITIONS["submitted"], "what was bought is not bought again"
    assert "submitting" not in TRANSITIONS["unknown"], "nothing in doubt is sent again"
    assert {old for old, new in TRANSITIONS.items() if "submitting" in new} == {"reserved"}


def test_an_end_is_booked_once(database, scene):
    with database.write() as session:
        one, other = reserve(session, scene.id), reserve(session, scene.id)
        ledger.release(session, one, "not bought")
        with pytest.raises(IllegalTransition):
            ledger.release(session, one, "again")
        ledger.move(session, other, "submitting")
        ledger.move(session, other, "submitted")
        ledger.spend(session, other)
        ledger.spend(session, other)
        ledger.settle(session, other)
        with pytest.raises(IllegalTransition):
            ledger.release(session, other, "given back after all")
    with database.read() as session:
        kinds = [entry.kind for entry in ledger.entries(session, scene.project_id)]
        assert kinds == ["reserve", "reserve", "release", "settle"]
        assert ledger.spent_by_scene(session, scene.project_id) == {scene.id: Decimal("0.24")}
    check_entries(database, scene.project_id)


def test_a_credit_takes_back_what_was_spent_and_what_was_held_for_it(database, scene):
    with database.write() as session:
        attempt = reserve(session, scene.id)
        ledger.move(session, attempt, "submitting")
        ledger.move(session, attempt, "submitted")
        ledger.settle(session, attempt)
        ledger.credit(session, attempt, "not on the invoice")
        assert attempt.state == "released"
        with pytest.raises(IllegalTransition):
            ledger.release(session, attempt, "again")
    with database.read() as session:
        told = [(e.kind, e.amount_usd) for e in ledger.entries(session, scene.project_id)]
        usd = Decimal("0.24")
        assert told == [("reserve", usd), ("settle", usd), ("settle", -usd), ("release", -usd)]
        assert ledger.committed(session, scene.project_id) == 0
    check_entries(database, scene.project_id)


def test_a_line_keeps_the_price_it_was_written_with(database, scene):
    with database.write() as session:
        attempt = reserve(session, scene.id)
        first = attempt.usd_per_second
        ledger.reprice(session, attempt, Decimal("0.48"), "other")
    with database.read() as session:
        told = ledger.entries(session, scene.project_id)
        assert [e.usd_per_second for e in told] == [first, Decimal("0.12")]
        assert told[0].price_version not in ("", "other")
        assert told[1].price_version == "other"
        assert told[1].note == "its price changed from $0.24 to $0.48"
    check_entries(database, scene.project_id)


def test_delivered_money_is_spent_before_the_clip_is_here(database, scene):
    with database.write() as session:
        attempt = reserve(session, scene.id)
        ledger.move(session, attempt, "submitting")
        ledger.move(session, attempt, "submitted")
        ledger.spend(session, attempt)
        ledger.move(session, attempt, "completed")
    with database.read() as session:
        assert ledger.held(session, scene.project_id) == 0
        assert ledger.spent(session, scene.project_id) == Decimal("0.24")


def test_waiting_for_takes_ends_with_the_last_of_them(database, scene):
    with database.write() as session:
        one, other = new_take(session, scene.id), new_take(session, scene.id)
        keys = [one.key, other.key]
        takes.set_status(session, one, "landed")
        assert not ledger.all_takes_ended(session, keys)
        for ended in ("failed", "unknown", "stuck", "cancelled", "completed"):
            takes.set_status(session, other, ended)
            assert ledger.all_takes_ended(session, keys)
        assert not ledger.all_takes_ended(session, [*keys, f"{scene.key}/t99"])
        assert not ledger.all_takes_ended(session, [])


def fill_the_cap_with_drawings(database, scene) -> None:
    with database.write() as session:
        for _ in range(10):
            attempt = reserve(session, scene.id, simulated=True)
            ledger.move(session, attempt, "submitting")
            ledger.move(session, attempt, "submitted")
            ledger.settle(session, attempt)
        with pytest.raises(OverBudget):
            reserve(session, scene.id, simulated=True)
        assert ledger.spent(session, scene.project_id) == Decimal("2.40")
        assert ledger.committed(session, scene.project_id, money=True) == 0


def test_the_mocks_charges_are_no_part_of_what_is_paid_with_money(database, scene):
    fill_the_cap_with_drawings(database, scene)
    with database.write() as session:
        reserve(session, scene.id)
        assert ledger.committed(session, scene.project_id) == Decimal("0.24")
        assert ledger.held(session, scene.project_id) == Decimal("0.24")
        assert ledger.spent(session, scene.project_id) == 0
        assert ledger.spent_by_scene(session, scene.project_id) == {}
        for _ in range(9):
            reserve(session, scene.id)
        with pytest.raises(OverBudget):
            reserve(session, scene.id)


def test_as_long_as_nothing_was_paid_the_mocks_charges_count(database, scene):
    fill_the_cap_with_drawings(database, scene)
    with database.write() as session:
        ledger.release(session, reserve(session, scene.id), "not bought")
        assert ledger.spent(session, scene.project_id) == Decimal("2.40")
