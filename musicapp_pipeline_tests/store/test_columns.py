"""Money is exact and moments are UTC, whatever the database keeps them as."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import StatementError

from musicapp_pipeline.store import projects
from musicapp_pipeline.store.models import Project
from musicapp_pipeline.store.models.base import Moment, Usd
from musicapp_pipeline_tests.store.rows import new_project

DIALECT = sqlite.dialect()
CENTS = st.decimals(min_value=-1_000_000, max_value=1_000_000, places=6)


@settings(deadline=None)
@given(CENTS)
def test_dollars_to_the_millionth_come_back_as_they_were(usd):
    kept = Usd().process_bind_param(usd, DIALECT)
    assert isinstance(kept, int)
    assert Usd().process_result_value(kept, DIALECT) == usd


@settings(deadline=None)
@given(st.lists(CENTS, max_size=50))
def test_sums_of_kept_dollars_are_exact(amounts):
    kept = sum(Usd().process_bind_param(usd, DIALECT) or 0 for usd in amounts)
    assert Usd().process_result_value(kept, DIALECT) == sum(amounts, Decimal(0))


def test_the_database_sums_dollars_exactly(database):
    caps = [Decimal("0.1"), Decimal("0.2"), Decimal("0.000001"), Decimal("999999.999999")]
    with database.write() as session:
        for cap in caps:
            new_project(session, budget_cap_usd=cap)
    with database.read() as session:
        assert session.scalar(select(func.sum(Project.budget_cap_usd))) == sum(caps)
        assert set(session.scalars(select(Project.budget_cap_usd))) == set(caps)


@pytest.mark.parametrize(
    "given",
    [
        datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC),
        datetime(2026, 11, 22, 14, 0, tzinfo=timezone(timedelta(hours=2))),
        datetime(2026, 3, 29, 2, 30, tzinfo=timezone(timedelta(hours=-9, minutes=-30))),
    ],
)
def test_a_moment_is_the_same_moment_in_utc_after_the_round_trip(database, given):
    with database.write() as session:
        project, _ = new_project(session)
        project.archived_at = given
        project_id = project.id
    with database.read() as session:
        kept = session.get(Project, project_id).archived_at
        assert kept == given
        assert kept.tzinfo is UTC
        assert session.scalar(select(Project.id).where(Project.archived_at == given)) == project_id


def test_a_time_without_a_zone_is_refused_instead_of_guessed(database):
    with pytest.raises(ValueError, match="time zone"):
        Moment().process_bind_param(datetime(2026, 11, 22, 12, 0), DIALECT)
    with database.write() as session:
        project, _ = new_project(session)
        project.archived_at = datetime(2026, 11, 22, 12, 0)
        with pytest.raises(StatementError):
            session.flush()
        session.rollback()


def test_a_locked_project_is_read_anew(database):
    """A decision about money never rests on a row that was read before the lock."""
    with database.write() as session:
        project_id = new_project(session, budget_cap_usd=Decimal(25))[0].id
    with database.read() as session:
        stale = projects.get(session, project_id)
        session.commit()  # SQLite: let go of the snapshot
        with database.write() as other:
            projects.get(other, project_id).budget_cap_usd = Decimal(5)
        locked = projects.get(session, project_id, lock=True)
        assert locked is stale
        assert locked.budget_cap_usd == Decimal(5)


def test_locking_keeps_what_this_transaction_has_already_changed(database):
    with database.write() as session:
        project, _ = new_project(session)
        project.title = "Changed and not yet flushed"
        assert projects.get(session, project.id, lock=True).title == "Changed and not yet flushed"
