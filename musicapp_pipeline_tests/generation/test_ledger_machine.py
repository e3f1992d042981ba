"""Whatever happens in whatever order, the ledger keeps its promises."""

import tempfile
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from musicapp_pipeline.generation import acceptance, landing, ledger, resolving, submission
from musicapp_pipeline.generation.errors import DownloadFailed, NotAccepted
from musicapp_pipeline.generation.ledger import OverBudget
from musicapp_pipeline.generation.port import ProviderJob
from musicapp_pipeline.generation.resolving import NothingToResolve
from musicapp_pipeline.generation.states import FINAL, HOLDING, TRANSITIONS, IllegalTransition
from musicapp_pipeline.store import projects, takes
from musicapp_pipeline.store.models import GenerationAttempt, now
from musicapp_pipeline_tests.databases import Kind, open_database
from musicapp_pipeline_tests.generation.helpers import record
from musicapp_pipeline_tests.generation.money_world import check_entries
from musicapp_pipeline_tests.generation.test_ledger import reserve
from musicapp_pipeline_tests.store.rows import new_project

PRICES = st.decimals(min_value="0.000001", max_value="1", places=6)
CAPS = st.decimals(min_value=0, max_value=10, places=2)
GATE = "videos_api:test"


class LedgerMachine(RuleBasedStateMachine):
    """Takes are reserved, sent, lost, found, delivered, refused and given up at random.

    ``bought`` is what the provider would say: the attempts whose money is really gone.
    """

    kind: Kind = "sqlite"

    @initialize(cap=CAPS)
    def begin(self, cap: Decimal) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.opened = open_database(self.kind, Path(self.folder.name))
        self.database = self.opened.__enter__()
        with self.database.write() as session:
            project, (scene,) = new_project(session, budget_cap_usd=cap)
            self.project_id, self.scene_id = project.id, scene.id
        self.highest_cap = cap
        self.attempts: list[str] = []
        self.jobs = 0

    def teardown(self) -> None:
        if hasattr(self, "opened"):
            self.opened.__exit__(None, None, None)
            self.folder.cleanup()

    def pick(self, session, data, *states: str) -> GenerationAttempt | None:
        rows = [session.get(GenerationAttempt, id_) for id_ in self.attempts]
        fitting = [row for row in rows if row.state in states]
        return data.draw(st.sampled_from(fitting)) if fitting else None

    def answer(self, status: str = "queued", code: str | None = None) -> ProviderJob:
        self.jobs += 1
        return ProviderJob(id=f"video_{self.jobs}", status=status, error_code=code)

    @rule(price=PRICES)
    def reserve(self, price: Decimal) -> None:
        with self.database.write() as session:
            cap = projects.get(session, self.project_id).budget_cap_usd
            before = ledger.committed(session, self.project_id)
            fits = before + price * 4 <= cap
            try:
                with session.begin_nested():
                    self.attempts.append(reserve(session, self.scene_id, str(price)).id)
            except OverBudget:
                assert not fits
            else:
                assert fits

    @rule(cap=CAPS)
    def change_the_cap(self, cap: Decimal) -> None:
        with self.database.write() as session:
            projects.get(session, self.project_id).budget_cap_usd = cap
        self.highest_cap = max(self.highest_cap, cap)

    @rule(data=st.data(), price=st.none() | PRICES)
    def send(self, data, price: Decimal | None) -> None:
        """At another price than it was reserved at, now and then."""
        today = None if price is None else record(usd_per_second=price)
        with self.database.write() as session:
            if row := self.pick(session, data, "reserved"):
                row.fingerprint = row.id  # twins are another test's business
                session.flush()
                cap = projects.get(session, self.project_id).budget_cap_usd
                more = Decimal(0) if price is None else price * row.seconds - row.reserved_usd
                over = ledger.committed(session, self.project_id) + more > cap
                has_clip = takes.get(session, row.version_id).clip_key is not None
                others = [a for a in ledger.attempts_of(session, row.version_id) if a is not row]
                coming = any(a.state in ("submitted", "completed") for a in others)
                turn = submission.begin(session, row.id, GATE, 1000, today)
                assert turn.go == (not (over or has_clip or coming))
                assert (row.state == "released") == (over or has_clip)

    @rule(data=st.data())
    def accept(self, data) -> None:
        with self.database.write() as session:
            if row := self.pick(session, data, "submitting", "unknown"):
                acceptance.accepted(session, row.id, self.answer())

    @rule(data=st.data(), permanent=st.booleans())
    def turn_down(self, data, permanent: bool) -> None:
        with self.database.write() as session:
            if row := self.pick(session, data, "submitting"):
                error = NotAccepted("no", permanent=permanent, retry_after=0.0)
                submission.turned_down(session, row.id, error, GATE, 0.0)

    @rule(data=st.data(), park=st.booleans())
    def lose_the_answer(self, data, park: bool) -> None:
        with self.database.write() as session:
            if row := self.pick(session, data, "submitting"):
                submission.ambiguous(session, row.id, "lost", now())
                if park:
                    submission.park_unknown(session, row.id, "no list")

    @rule(data=st.data())
    def deliver(self, data) -> None:
        with self.database.write() as session:
            if row := self.pick(session, data, "submitted", "stuck"):
                landing.delivered(session, row.id)

    @rule(data=st.data())
    def land(self, data) -> None:
        with self.database.write() as session:
            if row := self.pick(session, data, "completed"):
                landing.landed(session, row.id, f"projects/{row.id}.mp4", "00", {})

    @rule(data=st.data(), refunds=st.booleans(), final=st.booleans())
    def fail(self, data, refunds: bool, final: bool) -> None:
        with self.database.write() as session:
            if row := self.pick(session, data, "submitted", "stuck"):
                job = self.answer("failed", "moderation_blocked" if final else "oops")
                model = record(refunds_failed=refunds)
                again = landing.failed(session, row.id, job, model, 2)
                assert again is None or not final
                if again is not None:
                    self.attempts.append(again.id)

    @rule(data=st.data())
    def lose_the_clip(self, data) -> None:
        with self.database.write() as session:
            if row := self.pick(session, data, "completed"):
                landing.lost(session, row.id, DownloadFailed("gone", permanent=True))

    @rule(data=st.data())
    def have_it_fetched_again(self, data) -> None:
        with self.database.write() as session:
            if row := self.pick(session, data, "settled"):
                before = ledger.committed(session, self.project_id)
                with suppress(NothingToResolve):
                    resolving.fetch_again(session, row.version_id)
                assert ledger.committed(session, self.project_id) == before

    @rule(data=st.data())
    def be_overdue(self, data) -> None:
        with self.database.write() as session:
            if row := self.pick(session, data, "submitted"):
                landing.stuck(session, row.id, "late", 1.0)

    @rule(data=st.data(), was_charged=st.booleans())
    def have_a_person_decide(self, data, was_charged: bool) -> None:
        with self.database.write() as session:
            if row := self.pick(session, data, "unknown", "stuck"):
                decide = resolving.charged if was_charged else resolving.not_charged
                decide(session, row.version_id)

    @rule(data=st.data(), was_charged=st.booleans())
    def have_a_person_think_again(self, data, was_charged: bool) -> None:
        with self.database.write() as session:
            if row := self.pick(session, data, *FINAL):
                before = ledger.committed(session, self.project_id)
                decide = resolving.charged if was_charged else resolving.not_charged
                with suppress(NothingToResolve):
                    decide(session, row.version_id)
                after = ledger.committed(session, self.project_id)
                assert after >= before if was_charged else after <= before
                self.highest_cap = max(self.highest_cap, after)  # the truth, cap or not

    @rule(data=st.data())
    def cancel(self, data) -> None:
        with self.database.write() as session:
            if row := self.pick(session, data, *HOLDING):
                submission.request_cancel(session, takes.get(session, row.version_id))

    @precondition(lambda self: self.attempts)
    @rule(data=st.data(), new=st.sampled_from(sorted(TRANSITIONS)))
    def try_what_is_not_allowed(self, data, new: str) -> None:
        with self.database.write() as session:
            row = self.pick(session, data, *TRANSITIONS)
            if new in TRANSITIONS[row.state]:
                return
            old = row.state
            with pytest.raises(IllegalTransition):
                ledger.move(session, row, new)
            assert row.state == old

    @invariant()
    def the_cap_holds(self) -> None:
        with self.database.read() as session:
            assert ledger.committed(session, self.project_id) <= self.highest_cap

    @invariant()
    def the_lines_add_up(self) -> None:
        check_entries(self.database, self.project_id)

    @invariant()
    def an_end_says_where_the_money_went(self) -> None:
        with self.database.read() as session:
            for id_ in self.attempts:
                row = session.get(GenerationAttempt, id_)
                spent = row.state in ("completed", "settled")
                assert (row.settled_usd is not None) == spent
                assert row.settled_usd in (None, row.reserved_usd)
                assert (row.ended_at is not None) == (row.state in FINAL)


QUICK = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
THOROUGH = settings(QUICK, max_examples=300, stateful_step_count=60)


def test_the_ledger_keeps_its_promises_whatever_happens():
    run_state_machine_as_test(LedgerMachine, settings=QUICK)


@pytest.mark.full
def test_and_on_postgresql():
    run_state_machine_as_test(_machine("postgres"), settings=QUICK)


@pytest.mark.nightly
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_the_ledger_keeps_its_promises_in_long_histories(kind):
    run_state_machine_as_test(_machine(kind), settings=THOROUGH)


def _machine(kind: Kind) -> type[LedgerMachine]:
    return type("Machine", (LedgerMachine,), {"kind": kind})
