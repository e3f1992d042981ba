"""What the API says was spent, beside the invoice of a provider that bills and fails."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from musicapp_pipeline.api.app import create_app
from musicapp_pipeline.generation import download
from musicapp_pipeline.generation.dispatcher import Dispatcher
from musicapp_pipeline.store.models import GenerationAttempt, SpendEntry
from musicapp_pipeline_tests.api.client import Api, Client
from musicapp_pipeline_tests.api.steps import planned
from musicapp_pipeline_tests.api.world import World
from musicapp_pipeline_tests.generation.chaos import byte_check
from musicapp_pipeline_tests.generation.fault_server import FaultServer
from musicapp_pipeline_tests.generation.helpers import client_of
from musicapp_pipeline_tests.generation.money_world import QUICK, run_until

PRICE = Decimal("0.083721")
"""A price whose multiples show every rounding."""


class Shop:
    """The facade in front of a provider that bills."""

    def __init__(self, world: World, server: FaultServer, **model: Any) -> None:
        self.world, self.server, self.model = world, server, model
        self.context = replace(world.context, provider=self.provider())

    def provider(self) -> Any:
        return client_of(self.server, usd_per_second=PRICE, **self.model)

    def drive(self) -> None:
        """Until every attempt has ended or waits for a person."""
        dispatcher = Dispatcher(self.world.database, self.world.media, self.provider(), QUICK)
        asyncio.run(run_until([dispatcher], self._at_rest))

    def _at_rest(self) -> bool:
        with self.world.database.read() as session:
            rows = session.execute(
                select(GenerationAttempt.state, GenerationAttempt.next_action_at)
            )
            return all(
                state in ("settled", "released") or (state == "unknown" and due is None)
                for state, due in rows
            )


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultServer]:
    monkeypatch.setattr(download, "check_clip", byte_check)
    with FaultServer() as running:
        running.models = {"sora-2": PRICE}
        yield running


def exact(usd: float) -> Decimal:
    return Decimal(str(usd))


def check(api: Api, at: str, server: FaultServer) -> None:
    """Sum, lines and scenes are the provider's to the millionth."""
    costs = api.get(f"{at}/costs").json()
    invoice = server.ledger.total()
    assert exact(costs["actualCostUsd"]) == invoice
    assert exact(api.get(at).json()["actualCostUsd"]) == invoice
    assert exact(costs["heldUsd"]) == 0
    lines = costs["entries"]
    settled = sum((exact(e["amountUsd"]) for e in lines if e["kind"] == "settle"), Decimal(0))
    assert settled == invoice
    assert sum((exact(s["actualCostUsd"]) for s in costs["scenes"]), Decimal(0)) == invoice
    assert sum((exact(e["amountUsd"]) for e in lines if e["kind"] != "settle"), Decimal(0)) == (
        invoice
    )


@pytest.mark.parametrize("refunds", [True, False])
def test_costs_are_the_providers_invoice_whatever_went_wrong(
    tmp_path: Path, server: FaultServer, refunds: bool
) -> None:
    """A take each: delivered, failed and made again, answer lost, request lost, never delivered."""
    server.refunds = refunds
    world = World(tmp_path)
    shop = Shop(world, server, refunds_failed=refunds)
    with Client(create_app(shop.context)) as client:
        api = client.http
        at, scenes = planned(api, world, budgetCapUsd=25)
        server.fates.extend(["complete", "fail"])
        server.script("create", "ok", "ok", "lose_response", "lose_request")
        server.script("content", "410")
        chosen = [scene["id"] for scene in scenes[:5]]
        body = {"sceneIds": chosen, "numTakes": 1}
        answer = api.post(f"{at}/generate", json=body)
        assert answer.status_code == 202, answer.text
        shop.drive()
        assert len(server.ledger.charges) == 6
        check(api, at, server)
    world.database.dispose()


def test_what_the_mock_charged_before_is_not_in_the_costs(
    tmp_path: Path, server: FaultServer
) -> None:
    world = World(tmp_path)
    shop = Shop(world, server)
    with Client(create_app(shop.context)) as client:
        api = client.http
        at, scenes = planned(api, world, budgetCapUsd=1)
        body = {"sceneIds": [scenes[0]["id"]], "numTakes": 1}
        assert api.post(f"{at}/generate", json=body).status_code == 202
        shop.drive()
        with world.database.write() as session:
            for table in (GenerationAttempt, SpendEntry):
                session.execute(update(table).values(simulated=True))
        server.ledger.charges.clear()
        drawn = api.get(f"{at}/costs").json()
        assert exact(drawn["actualCostUsd"]) > exact(drawn["remainingUsd"])
        assert api.post(f"{at}/generate", json=body).status_code == 202, "the cap is whole"
        shop.drive()
        costs, whole = api.get(f"{at}/costs").json(), api.get(at).json()
        invoice = server.ledger.total()
        assert exact(costs["actualCostUsd"]) == exact(whole["actualCostUsd"]) == invoice > 0
        assert exact(costs["scenes"][0]["actualCostUsd"]) == invoice
        assert {e["simulated"] for e in costs["entries"]} == {True, False}
    world.database.dispose()


def test_costs_are_the_providers_invoice_after_a_person_decided(
    tmp_path: Path, server: FaultServer
) -> None:
    server.list_refused = 403
    server.script("create", "lose_response", "lose_request", "lose_response")
    world = World(tmp_path)
    shop = Shop(world, server)
    with Client(create_app(shop.context)) as client:
        api = client.http
        at, scenes = planned(api, world)
        ways = []
        for scene in scenes[:3]:
            here = f"{at}/scenes/{scene['id']}"
            version = api.post(f"{here}/generate").json()["versions"][0]
            ways.append(f"{here}/versions/{version['id']}/resolve")
            shop.drive()
        held = exact(api.get(f"{at}/costs").json()["heldUsd"])
        assert held == sum((exact(s["estimatedCostUsd"]) for s in scenes[:3]), Decimal(0))
        found, lost = server.jobs
        decisions = (
            {"outcome": "attach", "soraClipId": found},
            {"outcome": "not_charged"},
            {"outcome": "attach", "soraClipId": lost},
        )
        for way, outcome in zip(ways, decisions, strict=True):
            assert api.post(way, json=outcome).status_code == 200
        shop.drive()
        check(api, at, server)
    world.database.dispose()
