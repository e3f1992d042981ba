"""``musicapp dispatch``: the dispatcher as a process of its own."""

import subprocess

from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.generation import admission
from musicapp_pipeline.settings import Settings
from musicapp_pipeline.store import takes
from musicapp_pipeline_tests.processes import running, wait
from musicapp_pipeline_tests.store.rows import new_project
from musicapp_pipeline_tests.supervisor.stack import MUSICAPP, clean_env


def test_several_share_the_takes_and_end_when_they_are_told_to(tmp_path):
    home = tmp_path / "home"
    env = clean_env() | {"MUSICAPP_HOME": str(home), "USE_SORA_MOCK": "true"}
    bench = Workbench.open(Settings(_env_file=None, musicapp_home=home, use_sora_mock=True))
    with bench.database.write() as session:
        project, made = new_project(session, 3)
        admission.admit(session, project, [(scene, 2) for scene in made], bench.provider)
        scene_ids = [scene.id for scene in made]

    def statuses() -> list[str]:
        with bench.database.read() as session:
            return [take.status for one in scene_ids for take in takes.of_scene(session, one)]

    with running([*MUSICAPP, "dispatch"], 2, env=env, cwd=tmp_path) as started:
        for process in started:
            assert process.stdout.readline() == "dispatching takes of mock\n"
        wait(lambda: statuses() == ["landed"] * 6)
        assert all(process.poll() is None for process in started)
    assert [process.returncode for process in started] == [0, 0]
    bench.database.dispose()


def test_without_a_usable_provider_it_says_why(tmp_path):
    env = clean_env() | {"MUSICAPP_HOME": str(tmp_path / "home"), "USE_SORA_MOCK": "false"}
    ended = subprocess.run(
        [*MUSICAPP, "dispatch"], env=env, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith("musicapp: OpenAI shut down the Sora models")
    assert "Traceback" not in ended.stderr
