"""Projects among others."""

from musicapp_pipeline.store import artifacts, projects
from musicapp_pipeline_tests.store.rows import new_project


def test_the_first_finished_video_has_its_title_for_itself(database):
    with database.write() as session:
        first, second, third = (
            new_project(session, title=title)[0]
            for title in ("Eternal Flame", "eternal flame!", "Eternal")
        )
        assert projects.older_namesake(session, second) is None, "nothing is finished yet"
        for project in (first, second, third):
            made = artifacts.Made(data_version="v")
            artifacts.put(session, "final_cut", project.id, "print", made, None)
        assert projects.older_namesake(session, first) is None
        assert projects.older_namesake(session, second) == first.id
        assert projects.older_namesake(session, third) is None
