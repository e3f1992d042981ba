"""What the sensors do on a tick."""

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg
from dagster._core.storage.tags import WILL_RETRY_TAG
from sqlalchemy.orm import Session

from musicapp_pipeline.defs.asset import add_keys
from musicapp_pipeline.defs.bench import Workbench, workbench
from musicapp_pipeline.defs.flow import (
    Wanted,
    best_take,
    fresh_takes,
    next_steps,
)
from musicapp_pipeline.defs.inprocess import BY_TAG, contiguous
from musicapp_pipeline.defs.instance.keys import PARTITION, RANGE_END, RANGE_START
from musicapp_pipeline.defs.jobhook import JOB_TAG
from musicapp_pipeline.defs.runs import CPU_TYPES, QUIET, run_for_job
from musicapp_pipeline.defs.selections import order_lip_sync, unrecorded_choices, unsettled
from musicapp_pipeline.defs.stages import BY_NAME, SELECTED_TAKE
from musicapp_pipeline.defs.waiting import in_line
from musicapp_pipeline.errors import MusicAppError
from musicapp_pipeline.generation import admission
from musicapp_pipeline.store import jobs, projects, scenes, takes
from musicapp_pipeline.store.database import Database
from musicapp_pipeline.store.models import ProcessingJob, now

OVERDUE = timedelta(seconds=20)
"""A job is launched at once by whoever made it; one still queued after this waits or is lost."""
RECENT = timedelta(minutes=15)
"""How far back selections are looked at: the cost of a tick must not grow with the archive."""


def queued_jobs(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest]:
    """The job's compare-and-set, not this run key, keeps two runs from doing one job."""
    bench: Workbench = context.resources.bench
    with bench.database.read() as session:
        overdue = [j.id for j in jobs.unlaunched(session, CPU_TYPES, OVERDUE) if _overdue(j)]
    waiting = in_line(context.instance, bench.database, overdue)
    forgotten = [job_id for job_id in overdue if job_id not in waiting]
    if not forgotten:
        return
    with bench.database.write() as session:
        again = [jobs.get(session, job_id) for job_id in forgotten]
        requests = [
            _known(context.instance, _request(session, job))
            for job in again
            if job.status == "queued" and _overdue(job)
        ]
    yield from requests


def _known(instance: dg.DagsterInstance, request: dg.RunRequest) -> dg.RunRequest:
    """The request, once its partition is known to Dagster."""
    [asset, *_] = request.asset_selection or ()
    add_keys(instance, BY_NAME[asset.to_user_string()].level, [str(request.partition_key)])
    return request


def _overdue(job: ProcessingJob) -> bool:
    """Later each time: where no worker is, launching does not help."""
    if job.launched_at is None:
        return True
    doubled = min(max(job.launches - 1, 0), 5)
    return bool(job.launched_at < now() - OVERDUE * 2**doubled)


def _request(session: Session, job: ProcessingJob) -> dg.RunRequest:
    spec = run_for_job(session, job)
    job.launched_at, job.launches = now(), job.launches + 1
    return dg.RunRequest(
        run_key=f"{job.id}/{job.launches}",
        asset_selection=[dg.AssetKey(name) for name in spec.assets],
        partition_key=spec.key,
        run_config=QUIET,
        tags={k: v for k, v in spec.tags.items() if k != PARTITION},
    )


def selections(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest]:
    """Covers selections made by any route; the facade's own lip-sync is launched at once."""
    bench: Workbench = context.resources.bench
    with bench.database.read() as session:
        recent = unsettled(session, now() - RECENT)
    if not recent:
        return
    with bench.database.write() as session:
        chosen = [takes.get(session, version.id) for version in recent]
        for job in order_lip_sync(session, bench, chosen):
            yield _request(session, job)
        choices = unrecorded_choices(session, bench, chosen)
    add_keys(context.instance, "scene", [key for key, _ in choices])
    for key, choice in choices:
        yield dg.RunRequest(
            run_key=f"choice/{key}/{choice}",
            asset_selection=[dg.AssetKey(SELECTED_TAKE.name)],
            partition_key=key,
            run_config=QUIET,
            tags={BY_TAG: "selections", "musicapp/project": key.split("/")[0]},
        )


def autopilot(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest]:
    """Admits and selects in the database; everything else becomes runs."""
    bench: Workbench = context.resources.bench
    with bench.database.read() as session:
        flying = [(p.id, p.autopilot) for p in projects.on_autopilot(session)]
    for project_id, options in flying:
        takes_wanted = int((options or {}).get("takes", 1))
        try:
            wanted = _advance(context, bench, project_id, takes_wanted)
        except MusicAppError as error:
            context.log.error(f"{project_id}: {error.message}")
            _land(bench, project_id)
            continue
        yield from wanted


def _advance(
    context: dg.SensorEvaluationContext, bench: Workbench, project_id: str, takes_wanted: int
) -> list[dg.RunRequest]:
    with bench.database.read() as session:
        steps = next_steps(session, bench, project_id, takes_wanted)
    if steps.finished or (steps.failed and not (steps.runs or steps.admit or steps.waiting)):
        _land(bench, project_id)
        return []
    with bench.database.write() as session:
        project = projects.get(session, project_id, lock=True)
        if steps.admit:
            # Asked again behind the lock: a person may have ordered some of them meanwhile.
            steps = next_steps(session, bench, project_id, takes_wanted)
            ordered = [(scenes.get(session, scene_id), n) for scene_id, n in steps.admit]
            admission.admit(session, project, ordered, bench.provider)
        for scene_id in steps.select:
            scene = scenes.get(session, scene_id)
            best = best_take(fresh_takes(session, bench, scene))
            if best is not None:
                takes.select_version(session, scene, best)
    return [r for wanted in steps.runs for r in _requests(context, bench, wanted)]


def _requests(
    context: dg.SensorEvaluationContext, bench: Workbench, wanted: Wanted
) -> Iterator[dg.RunRequest]:
    level = BY_NAME[wanted.assets[0]].level
    add_keys(context.instance, level, wanted.keys)
    for keys in contiguous(context.instance, level, wanted.keys):
        with bench.database.read() as session:
            prints = [
                BY_NAME[name].fingerprint(session, bench, key)
                for name in wanted.assets
                for key in keys
            ]
        tags = {BY_TAG: "autopilot", "musicapp/project": keys[0].split("/")[0]}
        if len(keys) > 1:
            tags |= {RANGE_START: keys[0], RANGE_END: keys[-1]}
        yield dg.RunRequest(
            run_key="/".join(["autopilot", *keys, *prints])[:2000],
            asset_selection=[dg.AssetKey(name) for name in wanted.assets],
            partition_key=keys[0] if len(keys) == 1 else None,
            run_config=QUIET,
            tags=tags,
        )


def _land(bench: Workbench, project_id: str) -> None:
    with bench.database.write() as session:
        projects.get(session, project_id).autopilot = None


def failed_runs(context: dg.RunFailureSensorContext) -> None:
    """Bodies end their jobs themselves; this covers workers lost more often than is retried.

    Whether a run will be retried is written a moment after its failure. Until it is, nothing is
    said here; what then stays open is found by the attendant.
    """
    run = context.instance.get_run_by_id(context.dagster_run.run_id)
    if run is not None:
        end_job_of(workbench().database, run, context.failure_event.message or "")


def end_job_of(database: Database, run: dg.DagsterRun, why: str) -> None:
    """Fail the job of a run that failed for good."""
    job_id = run.tags.get(JOB_TAG)
    if job_id is None or run.tags.get(WILL_RETRY_TAG) != "false":
        return
    with database.write() as session:
        job = jobs.get(session, job_id)
        if job.run_id in (None, run.run_id):
            error = {
                "code": "run_failed",
                "message": "The work stopped unexpectedly and could not be restarted."
                " Nothing that was paid for is lost; ask again.",
                "detail": why,
            }
            jobs.finish(session, job_id, "failed", error=error)
