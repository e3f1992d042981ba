"""Admission: rows, money and jobs together, for all takes or for none."""

from decimal import Decimal

import pytest
from sqlalchemy import func, select

from musicapp_pipeline.generation import admission, ledger
from musicapp_pipeline.generation.admission import BadSource, BadTakeKey, parse_key
from musicapp_pipeline.generation.errors import UnknownPrice
from musicapp_pipeline.generation.ledger import OverBudget
from musicapp_pipeline.generation.takeplan import ClipTooShort
from musicapp_pipeline.store import projects, scenes, takes
from musicapp_pipeline.store.errors import NotFound
from musicapp_pipeline.store.models import GenerationAttempt, ProcessingJob, SceneVersion
from musicapp_pipeline_tests.databases import KINDS
from musicapp_pipeline_tests.generation.money_world import (
    FOUR_SECONDS,
    check_entries,
    money_world,
)
from musicapp_pipeline_tests.together import together


@pytest.fixture(params=KINDS)
def world(request, tmp_path):
    with money_world(request.param, tmp_path, scenes=3, cap="2.40") as made:
        yield made


def count(world, model) -> int:
    with world.database.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def nothing_was_written(world) -> bool:
    return [count(world, m) for m in (SceneVersion, GenerationAttempt, ProcessingJob)] == [0, 0, 0]


def test_every_take_has_its_row_its_reservation_and_its_job(world):
    made = world.admit(each=2)
    assert [item.version.take for item in made] == [1, 2] * 3
    assert [item.job.version_id for item in made] == [item.version.id for item in made]
    assert all(item.attempt.reserved_usd == FOUR_SECONDS for item in made)
    assert world.money() == (6 * FOUR_SECONDS, Decimal(0))
    assert world.states() == ["reserved"] * 6
    check_entries(world.database, world.project_id)


def test_a_take_keeps_the_prompt_it_was_admitted_with(world):
    (made,) = world.admit(0)
    with world.database.write() as session:
        scenes.get(session, world.scene_ids[0]).prompt_override = "something else"
    assert world.take(made.version.id).prompt == "a lighthouse, view 0"


def test_a_batch_over_the_cap_is_refused_whole(world):
    with pytest.raises(OverBudget) as caught:
        world.admit(each=4)  # twelve takes; ten would fit
    assert caught.value.wanted == 12 * FOUR_SECONDS
    assert nothing_was_written(world)


def test_a_model_without_a_price_is_refused_whole(world):
    with pytest.raises(UnknownPrice):
        world.admit(usd_per_second=None)
    assert nothing_was_written(world)


def test_what_is_estimated_is_what_is_reserved_at_the_price_that_was_told(world):
    from musicapp_pipeline.generation.takeplan import plan_take

    record = world.provider(price_version="p-of-today").capabilities("sora-2")
    with world.database.read() as session:
        project = projects.get(session, world.project_id)
        scene = scenes.get(session, world.scene_ids[0])
        estimate = plan_take(session, project, scene, record).price()
    (made,) = world.admit(0, price_version="p-of-today")
    assert made.attempt.reserved_usd == estimate == FOUR_SECONDS
    assert (made.attempt.usd_per_second, made.attempt.price_version) == (
        Decimal("0.06"),
        "p-of-today",
    )


def test_a_price_of_the_size_outranks_that_of_the_model(world):
    (made,) = world.admit(0, size_prices=(("1280x720", Decimal("0.30")),))
    assert made.attempt.reserved_usd == Decimal("1.20")


def test_fifty_takes_admitted_at_once_by_as_many_requests_fill_the_cap_exactly(world):
    def one(number: int) -> str:
        return world.admit(number % 3)[0].version.key

    answers = together(50, one)
    got = [answer for answer in answers if isinstance(answer, str)]
    assert len(got) == len(set(got)) == 10
    assert all(isinstance(a, OverBudget) for a in answers if not isinstance(a, str))
    assert world.money()[0] == world.cap()
    assert count(world, SceneVersion) == count(world, ProcessingJob) == 10
    check_entries(world.database, world.project_id)


def test_batches_admitted_at_once_are_each_whole(world):
    """Six takes a batch; one batch fits, whoever comes first."""
    answers = together(8, lambda _: len(world.admit(each=2)))
    assert sorted(a for a in answers if isinstance(a, int)) == [6]
    assert count(world, GenerationAttempt) == 6


def test_a_partition_key_is_admitted_once_however_many_ask(world):
    key = f"{world.project_id}/{world.scene_ids[0]}/t05"

    def one(_: int) -> bool:
        with world.database.write() as session:
            return admission.admit_key(session, key, world.provider()) is not None

    assert sorted(together(8, one)) == [False] * 7 + [True]
    assert world.money() == (FOUR_SECONDS, Decimal(0))
    with world.database.read() as session:
        assert takes.by_key(session, key).take == 5
    assert world.admit(0)[0].version.take == 6


def test_a_key_over_the_cap_is_refused(world):
    with world.database.write() as session:
        projects.get(session, world.project_id).budget_cap_usd = Decimal("0.23")
    with pytest.raises(OverBudget), world.database.write() as session:
        key = f"{world.project_id}/{world.scene_ids[0]}/t01"
        admission.admit_key(session, key, world.provider())
    assert nothing_was_written(world)


def test_a_key_of_a_scene_of_another_project_is_refused(world):
    with world.database.write() as session, pytest.raises(NotFound):
        admission.admit_key(session, f"elsewhere/{world.scene_ids[0]}/t01", world.provider())


@pytest.mark.parametrize(
    ("key", "parts"),
    [("p/s/t01", ("p", "s", 1)), ("p/s/t120", ("p", "s", 120)), ("p/s/7", ("p", "s", 7))],
)
def test_take_keys(key, parts):
    assert parse_key(key) == parts


@pytest.mark.parametrize("key", ["", "p", "p/s", "p/s/", "p/s/t0", "p/s/x1", "p/s/t-1", "p/s/t²"])
def test_what_is_not_a_take_key_is_refused(key):
    with pytest.raises(BadTakeKey):
        parse_key(key)


def completed(world, number: int = 0) -> SceneVersion:
    """A take that came from the provider."""
    (made,) = world.admit(number)
    with world.database.write() as session:
        attempt = ledger.locked(session, made.attempt.id)
        ledger.move(session, attempt, "submitting")
        ledger.move(session, attempt, "submitted", provider_job_id="video_source")
        ledger.settle(session, attempt)
        version = takes.get(session, made.version.id)
        version.clip_key, version.sora_clip_id = "projects/x/clip.mp4", "video_source"
        takes.set_status(session, version, "completed")
        return version


@pytest.mark.parametrize(
    ("remix", "mode", "remix_of"),
    [("native", "native", "video_source"), ("emulated", "emulated", None)],
)
def test_a_remix_is_native_where_the_provider_can(world, remix, mode, remix_of):
    source = completed(world)
    with world.database.write() as session:
        project = projects.get(session, world.project_id)
        made = admission.remix(
            session, project, source, "at night", world.provider(remix=remix), with_job=True
        )
    assert (made.attempt.remix_mode, made.attempt.request["remix_of"]) == (mode, remix_of)
    assert made.attempt.request["first_frame_of"] == "projects/x/clip.mp4"
    assert (made.version.prompt, made.version.kind) == ("at night", "remix")
    assert made.version.source_version_id == source.id
    assert made.job.type == "remix_scene"


def other_model(project, scene):
    project.sora_model = "sora-2-pro"


def longer_scene(project, scene):
    project.clip_seconds = scene.clip_seconds = 8


def other_format(project, scene):
    project.format = "portrait"


@pytest.mark.parametrize("change", [other_model, longer_scene, other_format])
def test_a_native_remix_is_what_its_source_was_so_anything_else_is_emulated(world, change):
    """The provider takes a prompt and nothing else: model, size and length are the source's."""
    source = completed(world)
    with world.database.write() as session:
        project = projects.get(session, world.project_id, lock=True)
        change(project, scenes.get(session, source.scene_id))
        native = world.provider(remix="native")
        made = admission.remix(session, project, source, "at night", native)
    assert (made.attempt.remix_mode, made.attempt.request["remix_of"]) == ("emulated", None)
    assert made.attempt.request["first_frame_of"] == "projects/x/clip.mp4"


def test_a_remix_for_a_model_that_takes_no_pictures_is_sent_without_one(world):
    source = completed(world)
    with world.database.write() as session:
        project = projects.get(session, world.project_id)
        blind = world.provider(remix="emulated", image_reference=False, first_frame=False)
        made = admission.remix(session, project, source, "at night", blind)
    assert made.attempt.request["first_frame_of"] is None


def test_what_has_no_clip_cannot_be_remixed(world):
    (made,) = world.admit(0)
    with world.database.write() as session, pytest.raises(BadSource, match="take 1 is queued"):
        project = projects.get(session, world.project_id)
        admission.remix(session, project, made.version, "at night", world.provider())


def test_takes_of_one_scene_that_a_list_cannot_tell_apart_have_equal_fingerprints(world):
    one, other = world.admit(0, each=2, accepts_seed=False)
    (elsewhere,) = world.admit(1, accepts_seed=False)
    assert one.attempt.fingerprint == other.attempt.fingerprint != elsewhere.attempt.fingerprint


def test_a_clip_that_does_not_cover_its_scene_is_not_bought(world):
    with world.database.write() as session:
        scenes.get(session, world.scene_ids[0]).end_frame += 24 * 60
    with pytest.raises(ClipTooShort):
        world.admit()
    assert nothing_was_written(world)
