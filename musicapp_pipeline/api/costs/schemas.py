"""What costs and estimates look like from outside."""

from decimal import Decimal
from typing import Annotated

from pydantic import ConfigDict, PlainSerializer, WithJsonSchema

from musicapp_pipeline.api.kit.models import Moment, Output, Usd

SignedUsd = Annotated[
    Decimal, PlainSerializer(float, return_type=float), WithJsonSchema({"type": "number"})
]


class CostEntry(Output):
    """One line of the ledger: ``reserve`` holds, ``release`` gives back, ``settle`` spends (a
    negative one takes back what was booked as spent)."""

    at: Moment
    kind: str
    amount_usd: SignedUsd
    scene_id: str
    version_id: str
    take: int
    attempt: int
    provider: str
    model: str
    seconds: int
    size: str
    usd_per_second: Usd
    price_version: str
    state: str
    remix_mode: str | None
    simulated: bool
    """The mock provider's: no money moved."""
    note: str


class SceneCost(Output):
    """What one scene cost and will cost."""

    scene_id: str
    order: int
    estimated_cost_usd: Usd | None
    actual_cost_usd: Usd
    held_usd: Usd


class CostsRead(Output):
    """The money of a project, itemised."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "projectId": "eternal-flame-k3m9x2",
                    "budgetCapUsd": 25.0,
                    "actualCostUsd": 0.48,
                    "heldUsd": 0.48,
                    "committedUsd": 0.96,
                    "remainingUsd": 24.04,
                    "estimatedCostUsd": 12.96,
                    "warning": None,
                    "scenes": [
                        {
                            "sceneId": "s007-k3m9x2",
                            "order": 7,
                            "estimatedCostUsd": 0.48,
                            "actualCostUsd": 0.48,
                            "heldUsd": 0.48,
                        }
                    ],
                    "entries": [
                        {
                            "at": "2026-11-22T13:00:00Z",
                            "kind": "reserve",
                            "amountUsd": 0.48,
                            "sceneId": "s007-k3m9x2",
                            "versionId": "v-k3m9x2p7qa4t",
                            "take": 1,
                            "attempt": 1,
                            "provider": "mock",
                            "model": "sora-2",
                            "seconds": 8,
                            "size": "1280x720",
                            "usdPerSecond": 0.06,
                            "priceVersion": "p-1f2e3d4c5b6a",
                            "state": "settled",
                            "remixMode": None,
                            "simulated": True,
                            "note": "",
                        }
                    ],
                }
            ]
        }
    )

    project_id: str
    budget_cap_usd: Usd
    actual_cost_usd: Usd
    held_usd: Usd
    committed_usd: Usd
    """What counts against the cap: spent and held."""
    remaining_usd: Usd
    estimated_cost_usd: Usd
    warning: str | None
    scenes: list[SceneCost]
    entries: list[CostEntry]


class SceneEstimate(Output):
    """One scene of an estimate."""

    scene_id: str
    order: int
    clip_seconds: int
    cost_usd: Usd | None


class Estimate(Output):
    """What takes of some scenes will cost, and how long they may need."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "numTakes": 2,
                    "reservedUsd": 0.96,
                    "estimatedCostUsd": 1.152,
                    "remainingUsd": 25.0,
                    "withinBudget": True,
                    "warning": None,
                    "etaSeconds": 140,
                    "secondsPerTake": 120.0,
                    "scenes": [
                        {
                            "sceneId": "s007-k3m9x2",
                            "order": 7,
                            "clipSeconds": 8,
                            "costUsd": 0.48,
                        }
                    ],
                }
            ]
        }
    )

    num_takes: int
    reserved_usd: Usd
    """What generating them now would reserve."""
    estimated_cost_usd: Usd
    """The same with 20% for takes that have to be made again."""
    remaining_usd: Usd
    within_budget: bool
    """Whether generating them now would be accepted."""
    warning: str | None
    eta_seconds: int
    """From the median of recent takes of this model; two minutes where there are none."""
    seconds_per_take: float
    scenes: list[SceneEstimate]
