"""An id that a person attached and that the service answers like an outage: LiteLLM does so."""

import pytest

from musicapp_pipeline.generation import resolving

pytestmark = pytest.mark.usefixtures("quick_check")


def attach(world, job_id):
    with world.database.write() as session:
        resolving.attach(session, world.takes()[0].id, job_id)


def test_an_id_that_is_never_answered_about_is_soon_a_persons_again(world):
    world.server.script("create", "lose_response")
    world.admit()
    world.drive(provider=world.provider(can_list=False))
    right = world.server.ledger.charges[0].job_id
    attach(world, "the-id-in-the-console-behind")
    world.server.script("status", *["500"] * 9999)
    world.drive(lambda: world.statuses() == ["stuck"], vanished_after=0.0)
    error = world.takes()[0].error
    assert "No answer about the id that was attached" in error["message"]
    assert "attach the right id" in error["actions"][0]
    world.server._faults["status"].clear()
    attach(world, right)
    world.drive()
    assert (world.states(), world.statuses()) == (["settled"], ["landed"])
    world.check_settled()


def test_an_outage_does_not_lose_the_clip_of_a_right_id(world):
    world.server.script("create", "lose_response")
    world.admit()
    world.drive(provider=world.provider(can_list=False))
    attach(world, world.server.ledger.charges[0].job_id)
    world.server.script("status", *["500"] * 9999)
    world.drive(lambda: world.statuses() == ["stuck"], vanished_after=0.0)
    world.server._faults["status"].clear()
    world.time_passes()
    world.drive(lambda: world.statuses() == ["landed"])
    world.check_settled()
