"""A take that may or may not have been bought is seen in Dagster, with what a person can do."""

import asyncio

import dagster as dg
import pytest
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationPlanned,
)
from dagster._core.events import DagsterEvent
from dagster._core.loader import LoadingContextForTest
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecord

from musicapp_pipeline.defs.questions import Questions
from musicapp_pipeline.defs.shown_check import CHECK
from musicapp_pipeline.defs.takes.checks import no_take_in_doubt
from musicapp_pipeline.generation import admission, ledger, resolving, submission
from musicapp_pipeline.store import projects, scenes, takes
from musicapp_pipeline.store.models import SceneVersion, now
from musicapp_pipeline_tests.defs.world import Desk

BASE = "http://127.0.0.1:3000/api"


def in_doubt(desk: Desk) -> SceneVersion:
    """A take whose create call was answered by a broken line."""
    with desk.database.write() as session:
        project = projects.get(session, desk.project_id, lock=True)
        scene = scenes.get(session, desk.scenes[0].id)
        admission.admit(session, project, [(scene, 1)], desk.bench.provider)
        [version] = takes.of_scene(session, scene.id)
        [attempt] = ledger.attempts_of(session, version.id)
        ledger.move(session, attempt, "submitting")
        submission.park_unknown(session, attempt.id, "the line broke and its list does not tell")
        return version


def observed(desk: Desk) -> list[dg.AssetObservation]:
    found = desk.instance.fetch_observations(dg.AssetKey("clip"), limit=10)
    return [record.asset_observation for record in found.records if record.asset_observation]


def test_an_open_question_is_told_once_with_its_money_and_the_ways_out(desk: Desk) -> None:
    version = in_doubt(desk)
    questions = Questions(desk.database, desk.instance, BASE)
    assert questions.report() == 1
    assert questions.report() == 0
    [seen] = observed(desk)
    assert seen.partition == version.key
    assert seen.description is not None and "may or may not have accepted" in seen.description
    told = {name: value.value for name, value in seen.metadata.items()}
    assert told["state"] == "unknown"
    assert told["held_usd"] > 0
    assert told["what_a_person_can_do"].startswith("- ")
    assert f"curl -X POST {BASE}/projects/" in told["resolve"]
    assert f"/versions/{version.id}/resolve " in told["resolve"]
    assert f"musicapp resolve {version.key} " in told["resolve"]


@pytest.mark.parametrize("what", ["project", "scene"])
def test_of_what_was_deleted_only_the_command_is_offered(desk: Desk, what: str) -> None:
    version = in_doubt(desk)
    with desk.database.write() as session:
        if what == "project":
            projects.get(session, desk.project_id).archived_at = now()
        else:
            scenes.archive(session, scenes.get(session, version.scene_id))
    assert Questions(desk.database, desk.instance, BASE).report() == 1
    told = str(observed(desk)[0].metadata["resolve"].value)
    assert told.startswith(f"`musicapp resolve {version.key} ")
    assert "curl" not in told


def checks(desk: Desk) -> list[dg.AssetCheckEvaluation]:
    """The evaluations that were told, the latest first."""
    wanted = dg.EventRecordsFilter(dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    records = desk.instance.get_event_records(wanted, limit=10)
    events = [record.event_log_entry.dagster_event for record in records]
    return [event.asset_check_evaluation_data for event in events if event is not None]


def test_the_check_is_red_as_long_as_a_take_is_in_doubt(desk: Desk) -> None:
    questions = Questions(desk.database, desk.instance, BASE)
    questions.report()
    [green] = checks(desk)
    assert green.passed and green.check_name == "no_take_in_doubt"
    version = in_doubt(desk)
    questions.report()
    questions.report()
    [red, _] = checks(desk)
    assert not red.passed
    told = {name: value.value for name, value in red.metadata.items()}
    assert told["in_doubt"] == 1 and told["held_usd"] > 0
    assert f"musicapp resolve {version.key} " in str(told[version.key])
    with desk.database.write() as session:
        resolving.not_charged(session, version.id)
    questions.report()
    assert [check.passed for check in checks(desk)] == [True, False, True]


def shown(desk: Desk) -> str | None:
    """What Dagster's page shows of the check; None where it reads "Not Evaluated"."""

    async def ask() -> str | None:
        context = LoadingContextForTest(desk.instance)
        record = await AssetCheckExecutionRecord.gen(context, CHECK)
        if record is None or not await record.targets_latest_materialization(context):
            return None
        return (await record.resolve_status(context)).value

    return asyncio.run(ask())


def make_a_clip(desk: Desk) -> None:
    """A run that leaves the check out, as one that was planned before."""
    clip = dg.asset(lambda: None, name="clip")
    assert dg.materialize([clip], instance=desk.instance).success


@pytest.mark.parametrize("doubt", [True, False])
def test_the_page_shows_the_check_whatever_lands_meanwhile(desk: Desk, doubt: bool) -> None:
    version = in_doubt(desk)
    questions = Questions(desk.database, desk.instance, BASE)
    questions.report()
    if not doubt:
        with desk.database.write() as session:
            resolving.not_charged(session, version.id)
        questions.report()
    expected = "FAILED" if doubt else "SUCCEEDED"
    assert shown(desk) == expected
    make_a_clip(desk)
    assert shown(desk) is None
    questions.report()
    assert shown(desk) == expected
    told = len(checks(desk))
    questions.report()
    assert len(checks(desk)) == told, "told once"


@pytest.mark.parametrize("doubt", [True, False])
def test_a_run_that_waits_with_the_check_does_not_hide_a_doubt(desk: Desk, doubt: bool) -> None:
    questions = Questions(desk.database, desk.instance, BASE)
    if doubt:
        in_doubt(desk)
    questions.report()
    run_id = desk.run(dg.DagsterRunStatus.STARTED)
    planned = DagsterEvent(
        dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED.value,
        "__ASSET_JOB",
        event_specific_data=AssetCheckEvaluationPlanned(
            asset_key=CHECK.asset_key, check_name=CHECK.name
        ),
    )
    desk.instance.report_dagster_event(planned, run_id)
    questions.report()
    assert shown(desk) == ("FAILED" if doubt else "IN_PROGRESS")


def test_a_new_process_tells_what_was_cleared_up_without_it(desk: Desk) -> None:
    version = in_doubt(desk)
    Questions(desk.database, desk.instance, BASE).report()
    with desk.database.write() as session:
        resolving.not_charged(session, version.id)
    Questions(desk.database, desk.instance, BASE).report()
    assert [check.passed for check in checks(desk)] == [True, False]
    assert observed(desk)[0].description == "cleared up: it was unknown, the take is failed now"


def test_a_new_process_does_not_tell_again_what_was_told(desk: Desk) -> None:
    in_doubt(desk)
    assert Questions(desk.database, desk.instance, BASE).report() == 1
    assert Questions(desk.database, desk.instance, BASE).report() == 0
    assert len(observed(desk)) == 1


def test_the_check_can_be_run_from_the_page(desk: Desk) -> None:
    def run() -> dg.AssetCheckEvaluation:
        only = dg.AssetSelection.checks(no_take_in_doubt)
        held = {"bench": desk.bench}
        result = dg.materialize([no_take_in_doubt], selection=only, resources=held)
        [told] = result.get_asset_check_evaluations()
        return told

    assert run().passed
    version = in_doubt(desk)
    told = run()
    assert not told.passed and version.key in told.metadata


def test_a_question_that_comes_up_again_is_told_again(desk: Desk) -> None:
    version = in_doubt(desk)
    questions = Questions(desk.database, desk.instance, BASE)
    assert questions.report() == 1
    with desk.database.write() as session:
        resolving.not_charged(session, version.id, "not on the invoice")
    assert questions.report() == 0
    assert observed(desk)[0].description == "cleared up: it was unknown, the take is failed now"
    with desk.database.write() as session:
        second = projects.get(session, desk.project_id, lock=True)
        admission.admit(session, second, [(scenes.get(session, version.scene_id), 1)],
                        desk.bench.provider)  # fmt: skip
        newest = takes.of_scene(session, version.scene_id)[-1]
        [attempt] = ledger.attempts_of(session, newest.id)
        ledger.move(session, attempt, "submitting")
        submission.park_unknown(session, attempt.id, "again")
    assert questions.report() == 1
    assert len(observed(desk)) == 3
