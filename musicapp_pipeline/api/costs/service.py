"""Costs that were, and costs that will be."""

from collections.abc import Sequence
from decimal import Decimal
from math import ceil

from sqlalchemy.orm import Session

from musicapp_pipeline.api.context import AppContext
from musicapp_pipeline.api.costs.queries import entries_of, held_by_scene, seconds_per_take
from musicapp_pipeline.api.costs.schemas import (
    CostEntry,
    CostsRead,
    Estimate,
    SceneCost,
    SceneEstimate,
)
from musicapp_pipeline.api.scenes.plans import plans_of
from musicapp_pipeline.generation import ledger
from musicapp_pipeline.store import scenes
from musicapp_pipeline.store.models import Project, Scene
from musicapp_pipeline.storyboard.costs import estimate_project

ZERO = Decimal(0)


def read(session: Session, context: AppContext, project: Project) -> CostsRead:
    """The money of a project, itemised."""
    rows = scenes.of_project(session, project.id)
    plans = plans_of(session, context, project, rows)
    spent = ledger.spent_by_scene(session, project.id)
    held = held_by_scene(session, project.id)
    total_spent, total_held = sum(spent.values(), ZERO), sum(held.values(), ZERO)
    remaining = max(project.budget_cap_usd - total_spent - total_held, ZERO)
    estimate = estimate_project(p.usd for p in plans.values() if p.usd is not None)
    warning = _warning(estimate, project.budget_cap_usd, "budgetCapUsd")
    if any(p.usd is None for p in plans.values()):
        warning = warning or context.no_price(project.sora_model)
    warning = context.hindrance(project.sora_model) or warning
    return CostsRead(
        project_id=project.id,
        budget_cap_usd=project.budget_cap_usd,
        actual_cost_usd=total_spent,
        held_usd=total_held,
        committed_usd=total_spent + total_held,
        remaining_usd=remaining,
        estimated_cost_usd=estimate,
        warning=warning,
        scenes=[
            SceneCost(
                scene_id=scene.id,
                order=scene.order,
                estimated_cost_usd=plans[scene.id].usd,
                actual_cost_usd=spent.get(scene.id, ZERO),
                held_usd=held.get(scene.id, ZERO),
            )
            for scene in rows
        ],
        entries=_entries(session, project.id),
    )


def estimate_takes(
    session: Session,
    context: AppContext,
    project: Project,
    rows: Sequence[Scene],
    num_takes: int,
) -> Estimate:
    """What ``num_takes`` takes of each scene will reserve, cost with repetitions, and need.

    Raises:
        NoProvider, UnsupportedRequest, UnknownPrice: nothing can be said about the money.
    """
    if rows:
        context.buying().capabilities(project.sora_model).check_on_sale()
    plans = plans_of(session, context, project, rows)
    prices = [plans[scene.id].price() for scene in rows]
    wanted = sum(prices, ZERO) * num_takes
    estimate = estimate_project(price * num_takes for price in prices)
    capabilities = context.capabilities(project.sora_model)
    provider = capabilities.provider if capabilities else ""
    taken = ledger.committed(session, project.id, money=provider != "mock")
    remaining = project.budget_cap_usd - taken
    each = seconds_per_take(session, provider, project.sora_model)
    rounds = ceil(len(rows) * num_takes / context.settings.sora_max_in_flight)
    return Estimate(
        num_takes=num_takes,
        reserved_usd=wanted,
        estimated_cost_usd=estimate,
        remaining_usd=max(remaining, ZERO),
        within_budget=wanted <= remaining,
        warning=_warning(estimate, remaining, "what is left of budgetCapUsd"),
        eta_seconds=ceil(rounds * each),
        seconds_per_take=round(each, 3),
        scenes=[
            SceneEstimate(
                scene_id=scene.id,
                order=scene.order,
                clip_seconds=plans[scene.id].seconds,
                cost_usd=plans[scene.id].usd,
            )
            for scene in rows
        ],
    )


def _entries(session: Session, project_id: str) -> list[CostEntry]:
    return [
        CostEntry(
            at=entry.at,
            kind=entry.kind,
            amount_usd=entry.amount_usd,
            scene_id=entry.scene_id,
            version_id=attempt.version_id,
            take=take,
            attempt=attempt.number,
            provider=attempt.provider,
            model=attempt.model,
            seconds=attempt.seconds,
            size=attempt.size,
            usd_per_second=entry.usd_per_second,
            price_version=entry.price_version,
            state=attempt.state,
            remix_mode=attempt.remix_mode,
            simulated=entry.simulated,
            note=entry.note,
        )
        for entry, attempt, take in entries_of(session, project_id)
    ]


def _warning(estimate: Decimal, limit: Decimal, name: str) -> str | None:
    if estimate <= limit:
        return None
    return f"the estimate of ${estimate:.2f} is above {name} (${max(limit, ZERO):.2f})"
