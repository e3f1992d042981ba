"""What a model's entry says about its end and its remixes is kept to before anything is bought."""

from datetime import date, timedelta

import pytest

from musicapp_pipeline.generation import admission
from musicapp_pipeline.generation.errors import UnsupportedRequest
from musicapp_pipeline.store import projects, takes
from musicapp_pipeline_tests.generation.helpers import record, request

GONE = date(2026, 9, 24)


def test_a_model_is_on_sale_until_the_day_of_its_end():
    model = record(retires_on=GONE)
    model.check_on_sale(GONE - timedelta(days=1))
    with pytest.raises(UnsupportedRequest, match="retired on 2026-09-24"):
        model.check_on_sale(GONE)
    record().check_on_sale(date(9999, 1, 1))


def test_nothing_is_admitted_for_a_retired_model(world):
    with pytest.raises(UnsupportedRequest, match="retired"):
        world.admit(retires_on=GONE)
    assert world.attempts() == [] and world.money() == (0, 0)


def test_a_model_that_retires_while_its_take_waits_buys_nothing(world):
    world.admit()
    world.drive(provider=world.provider(retires_on=GONE))
    assert world.statuses() == ["failed"] and world.states() == ["released"]
    assert "retired" in str((world.takes()[0].error or {})["message"])
    assert world.server.ledger.charges == [] and world.money() == (0, 0)


def test_a_request_is_checked_against_the_end_of_its_model():
    with pytest.raises(UnsupportedRequest, match="retired"):
        record(retires_on=GONE).check(request())


@pytest.mark.parametrize("mode", ["emulated", "none"])
def test_a_model_without_remix_is_not_remixed(world, mode):
    world.admit()
    world.drive()
    with world.database.write() as session:
        source = takes.get(session, world.takes()[0].id)
        takes.set_status(session, source, "completed")
        project = projects.get(session, world.project_id)
        provider = world.provider(remix=mode)
        if mode == "none":
            with pytest.raises(UnsupportedRequest, match="no remix"):
                admission.remix(session, project, source, "closer", provider)
        else:
            made = admission.remix(session, project, source, "closer", provider)
            assert made.attempt.remix_mode == "emulated"
    assert len(world.attempts()) == (1 if mode == "none" else 2)
