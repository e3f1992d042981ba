"""The graph as declared: a changed edge is visible in review."""

import dagster as dg
import pytest

from musicapp_pipeline.definitions import defs
from musicapp_pipeline.defs.jobhook import SHARES
from musicapp_pipeline.defs.runs import CPU_TYPES
from musicapp_pipeline.defs.stages import ALL, BY_NAME
from musicapp_pipeline.store import jobs

EDGES = {
    "song": ("project", set()),
    "audio_analysis": ("project", {"song"}),
    "storyboard": ("project", {"audio_analysis"}),
    "scene_plan": ("scene", {"storyboard"}),
    "clip": ("take", {"scene_plan"}),
    "mezzanine": ("take", {"clip"}),
    "vocal_segment": ("scene", {"song", "storyboard"}),
    "lyric_alignment": ("scene", {"vocal_segment", "storyboard"}),
    "lip_synced_clip": ("take", {"mezzanine", "lyric_alignment"}),
    "selected_take": ("scene", {"mezzanine", "lip_synced_clip"}),
    "final_cut": ("project", {"song", "selected_take"}),
    "renditions": ("project", {"final_cut"}),
}


def test_definitions_load():
    dg.Definitions.validate_loadable(defs)


def test_the_graph_is_the_documented_one():
    graph = defs.resolve_asset_graph()
    found = {
        key.to_user_string(): (
            BY_NAME[key.to_user_string()].level,
            {p.to_user_string() for p in graph.get(key).parent_keys},
        )
        for key in graph.get_all_asset_keys()
    }
    assert found == EDGES


@pytest.mark.parametrize("stage", ALL, ids=lambda s: s.name)
def test_every_asset_explains_itself_and_its_body_loads(stage):
    node = defs.resolve_asset_graph().get(dg.AssetKey(stage.name))
    assert len(node.description or "") > 40
    assert node.group_name == stage.group
    assert node.owners
    assert node.kinds
    assert callable(stage.code.make)
    assert callable(stage.code.inputs)


def test_jobs_sensors_and_schedules_are_there_and_spending_is_off_by_default():
    repository = defs.get_repository_def()
    assert {"hear_and_plan", "whole_project", "one_scene_again", "bulk_generation"} <= set(
        repository.job_names
    )
    assert {s.name for s in repository.sensor_defs} == {
        "queued_jobs",
        "selections",
        "autopilot",
        "failed_runs",
    }
    [schedule] = repository.schedule_defs
    assert schedule.default_status == dg.DefaultScheduleStatus.STOPPED


def test_every_job_type_has_stages_that_exist():
    assert set(SHARES) == set(jobs.TYPES)
    assert set(CPU_TYPES) < set(jobs.TYPES)
    for stages in SHARES.values():
        assert set(stages) <= set(EDGES)
