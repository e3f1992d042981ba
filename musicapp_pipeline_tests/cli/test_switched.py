"""`musicapp make` after a switch of provider: it does not wait for the one of before."""

import pytest

from musicapp_pipeline.cli.producer import CannotFinish, Producer
from musicapp_pipeline.defs import flow
from musicapp_pipeline.generation import admission, ledger
from musicapp_pipeline.settings import RETIRED_BASE_URL
from musicapp_pipeline.store import projects, scenes, takes
from musicapp_pipeline_tests.cli.test_notes import Said
from musicapp_pipeline_tests.defs.world import Desk


@pytest.fixture
def desk(tmp_path, monkeypatch):
    monkeypatch.setattr(flow, "HEARING", ())
    monkeypatch.setattr(flow, "_outdated", lambda *_: [])
    monkeypatch.setattr(flow, "wants_lips", lambda _: False)
    return Desk(tmp_path / "desk")


def ordered(desk):
    """One take of every scene, by a provider of before; ids."""
    with desk.database.write() as session:
        project = projects.get(session, desk.project_id, lock=True)
        wanted = [(scenes.get(session, s.id), 1) for s in desk.scenes]
        made = [m.version for m in admission.admit(session, project, wanted, desk.bench.provider)]
        for version in made:
            (attempt,) = ledger.attempts_of(session, version.id)
            attempt.provider, attempt.simulated = "videos_api", False
        return [version.id for version in made]


def test_takes_that_nobody_can_ask_for_end_it_and_are_said(desk):
    assert desk.bench.settings.sora_api_base_url == RETIRED_BASE_URL
    ids = ordered(desk)
    with desk.database.write() as session:
        for id_ in ids:
            (attempt,) = ledger.attempts_of(session, id_)
            attempt.state = "submitted"
            takes.set_status(session, takes.get(session, id_), "generating")
    said = Said()
    with pytest.raises(CannotFinish) as refused:
        Producer(desk.bench, None, said, 1)._advance(desk.project_id)
    (line,) = said
    assert line.startswith(
        f"takes that are not waited for: {len(desk.scenes)}. It is a take of vid"
    )
    assert "which is not in use, nor do the settings say how to reach it" in refused.value.message
    assert "run the same command again once the settings are put back" in refused.value.message


def test_takes_of_before_are_late_by_the_settings_time_whichever_provider_is_in_use(desk):
    settings = desk.bench.settings
    for name in ("mock", "videos_api", ""):
        assert desk.bench.dispatcher_options(name).away == settings.job_timeout_ms / 1000
