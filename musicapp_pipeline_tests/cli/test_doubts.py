"""A person's word about a take in doubt, from the command line."""

import pytest

from musicapp_pipeline.cli.doubts import BadResolution, doubts, resolve
from musicapp_pipeline.generation import ledger
from musicapp_pipeline.generation.resolving import NothingToResolve
from musicapp_pipeline.store import scenes, takes
from musicapp_pipeline_tests.defs.test_questions import in_doubt
from musicapp_pipeline_tests.defs.world import Desk


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path / "desk")


def state(desk: Desk, version_id: str) -> str:
    with desk.database.read() as session:
        return ledger.attempts_of(session, version_id)[-1].state


def test_takes_in_doubt_are_listed_with_what_can_be_done(desk):
    version = in_doubt(desk)
    [told] = doubts(desk.bench.settings)
    with desk.database.read() as session:
        sent = takes.get(session, version.id).prompt
    assert f"{version.seconds} s, {version.size}: {sent[:20]}" in told
    assert told.startswith(f"{version.key}  unknown since ")
    assert "may or may not have accepted" in told
    assert "\n  - " in told


def test_takes_in_doubt_are_told_apart_by_the_words_of_their_prompts_that_differ(desk):
    style = "Cinematic music video, shallow DOF, natural skin texture, filmic color, one lens"
    style = f"{style} and grade throughout, and one consistent light.\n\nPerformance shot: "
    version = in_doubt(desk)
    with desk.database.write() as session:
        takes.get(session, version.id).prompt = f"{style}Medium shot of a kitchen"
        for scene, prompt in zip(
            desk.scenes[1:], ("Close-up of a pier", "Medium pan"), strict=False
        ):
            takes.add(session, scenes.get(session, scene.id), prompt=style + prompt)
    [told] = doubts(desk.bench.settings)
    assert ": … shot of a kitchen\n" in told


@pytest.mark.parametrize("named", ["key", "id"])
def test_a_take_that_was_not_bought_gives_its_money_back(desk, named):
    version = in_doubt(desk)
    said = resolve(desk.bench.settings, getattr(version, named), "not_charged", None, "no invoice")
    assert said == f"take {version.key} is failed now"
    assert state(desk, version.id) == "released"
    assert doubts(desk.bench.settings) == []
    with pytest.raises(NothingToResolve):
        resolve(desk.bench.settings, version.key, "not_charged", None, "")


def test_its_job_can_be_attached(desk):
    version = in_doubt(desk)
    resolve(desk.bench.settings, version.key, "attach", "video_123", "")
    with desk.database.read() as session:
        assert takes.get(session, version.id).status == "generating"
        assert ledger.attempts_of(session, version.id)[-1].provider_job_id == "video_123"


@pytest.mark.parametrize(
    ("take", "outcome", "job_id", "field"),
    [
        ("a/s001/t01", "charged", None, "TAKE"),
        ("nonsense", "not_charged", None, "TAKE"),
        ("a/s001/t01", "attach", None, "--job-id"),
        ("a/s001/t01", "charged", "video_1", "--job-id"),
    ],
)
def test_what_names_no_take_or_job_is_refused(desk, take, outcome, job_id, field):
    with pytest.raises(BadResolution) as caught:
        resolve(desk.bench.settings, take, outcome, job_id, "")
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 0, "no take is in doubt"),
        (["a/b/t01"], 2, "TAKE and --outcome go together"),
        (["--outcome", "charged"], 2, "TAKE and --outcome go together"),
        (["a/b/t01", "--outcome", "perhaps"], 2, "perhaps"),
        (["a/b/t01", "--outcome", "charged"], 2, "there is no take"),
    ],
)
def test_the_command(musicapp, arguments, code, said):
    answer = musicapp("resolve", *arguments)
    assert answer.exit_code == code
    assert said in answer.output
