"""Generating again: what was planned follows, what was set or bought stays."""

from collections.abc import Callable, Collection, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from musicapp_pipeline.api.storyboard.service import plan_again
from musicapp_pipeline.defs.making import digest
from musicapp_pipeline.defs.stage import Task
from musicapp_pipeline.defs.stages import STORYBOARD
from musicapp_pipeline.defs.storyboard import body, directing
from musicapp_pipeline.store import artifacts, projects, scenes
from musicapp_pipeline.store.artifacts import Made
from musicapp_pipeline.store.models import Scene
from musicapp_pipeline.storyboard.model import PlannedScene
from musicapp_pipeline_tests.api.world import analysis
from musicapp_pipeline_tests.defs.world import Desk
from musicapp_pipeline_tests.songs import click_song

LINE = {"text": "best believe me", "startTime": 14.0, "endTime": 18.0}


@pytest.fixture
def planned(desk: Desk) -> Desk:
    """A project whose storyboard the stage itself has made."""
    heard = analysis().to_dict()
    with desk.database.write() as session:
        for asset in ("song", "audio_analysis"):
            made = Made(digest(heard), f"projects/{desk.project_id}/song/a.wav")
            artifacts.put(session, asset, desk.project_id, "print", made, None)
        projects.storyboard(session, desk.project_id).edits = {"lyrics": [LINE]}
    generate(desk)
    return desk


def generate(desk: Desk) -> list[Scene]:
    """What the storyboard's run does; the scenes afterwards."""
    task = Task(desk.bench, desk.project_id)
    STORYBOARD.prepare(task)
    body.make(task)
    return present(desk)


def present(desk: Desk) -> list[Scene]:
    with desk.database.read() as session:
        return scenes.of_project(session, desk.project_id)


def change(desk: Desk, **fields: Any) -> None:
    with desk.database.write() as session:
        project = projects.get(session, desk.project_id)
        for name, value in fields.items():
            setattr(project, name, value)


def section(desk: Desk, name: str, type_: str) -> None:
    """A person gives all sections one name; they stay where they are."""
    thirds = [
        {"name": name, "startTime": n * 40 / 3, "endTime": (n + 1) * 40 / 3, "type": type_}
        for n in range(3)
    ]
    with desk.database.write() as session:
        board = projects.storyboard(session, desk.project_id)
        board.edits = {**board.edits, "sections": thirds}


def edit(desk: Desk, scene: Scene, **fields: Any) -> None:
    with desk.database.write() as session:
        mine = scenes.get(session, scene.id)
        for name, value in fields.items():
            setattr(mine, name, value)
        scenes.mark_edited(mine, fields)


def test_a_plan_is_drawn_with_its_cuts(planned: Desk, tmp_path: Path) -> None:
    def drawn() -> dict[str, str]:
        made = body.make(Task(planned.bench, planned.project_id))
        assert made.details is not None
        return dict(made.details["pictures"])

    assert drawn() == {}  # the song's file is gone: the plan is good all the same
    song = click_song(tmp_path / "song.wav", seconds=40.0)
    with planned.bench.media.writing(f"projects/{planned.project_id}/song/a.wav") as path:
        path.write_bytes(song.read_bytes())
    key = drawn()["plot"]
    assert planned.bench.media.fetch(key).read_bytes().startswith(b"\x89PNG")
    change(planned, clip_seconds=4)
    assert drawn()["plot"] != key


def test_another_density_changes_the_kinds_of_the_same_scenes(planned: Desk) -> None:
    before = present(planned)
    assert {s.scene_type for s in before} == {"performance", "broll"}
    change(planned, performance_density=1.0)
    after = generate(planned)
    assert [s.id for s in after] == [s.id for s in before]
    assert {s.scene_type for s in after} == {"performance"}
    assert all(s.lip_sync_enabled for s in after)


def test_another_seed_shows_other_pictures(planned: Desk) -> None:
    before = present(planned)
    change(planned, seed=present_seed(planned) + 1)
    after = generate(planned)
    assert [s.idea for s in after] != [s.idea for s in before]


def present_seed(desk: Desk) -> int:
    with desk.database.read() as session:
        return projects.get(session, desk.project_id).seed


def test_a_renamed_section_reaches_its_scenes(planned: Desk) -> None:
    section(planned, "Hook", "chorus")
    after = generate(planned)
    assert {(s.section, s.section_type) for s in after} == {("Hook", "chorus")}


def test_what_a_person_set_in_a_scene_stays(planned: Desk) -> None:
    mine = next(s for s in present(planned) if s.scene_type == "broll")
    edit(planned, mine, idea="a paper boat", scene_type="broll", section="mine", lyrics="la")
    change(planned, performance_density=1.0)
    section(planned, "Hook", "intro")
    after = next(s for s in generate(planned) if s.id == mine.id)
    assert (after.idea, after.scene_type, after.section, after.lyrics) == (
        "a paper boat",
        "broll",
        "mine",
        "la",
    )
    assert after.section_type == "intro"


def test_a_scene_with_takes_keeps_what_was_bought_and_learns_its_section(planned: Desk) -> None:
    paid = next(s for s in present(planned) if s.scene_type == "broll")
    planned.take(paid)
    change(planned, performance_density=1.0, seed=99)
    section(planned, "Hook", "chorus")
    rows = generate(planned)
    after = next(s for s in rows if s.id == paid.id)
    for name in ("scene_type", "idea", "shot", "mood", "start_frame", "end_frame", "clip_seconds"):
        assert getattr(after, name) == getattr(paid, name), name
    assert (after.section, after.section_type) == ("Hook", "chorus")
    assert {s.scene_type for s in rows if s.id != paid.id} == {"performance"}


def test_scenes_beside_a_kept_one_join_it_in_seconds_too(planned: Desk) -> None:
    paid = present(planned)[2]
    planned.take(paid)
    edit(planned, paid, start_time=paid.start_time - 0.018, end_time=paid.end_time - 0.018)
    change(planned, seed=99)
    assert all(a.end_time == b.start_time for a, b in pairwise(generate(planned)))


def warnings(desk: Desk) -> list[str]:
    with desk.database.read() as session:
        return list(projects.storyboard(session, desk.project_id).heard.get("warnings", ()))


def test_what_a_person_set_goes_to_the_scene_that_takes_the_place_of_a_recut_one(
    planned: Desk,
) -> None:
    mine = next(s for s in present(planned) if s.scene_type == "broll")
    edit(planned, mine, idea="a paper boat", mood="my mood", prompt_override="my prompt")
    change(planned, clip_seconds=4)
    rows = generate(planned)
    assert mine.id not in {s.id for s in rows}
    (heir,) = [s for s in rows if s.prompt_override]
    assert (heir.idea, heir.mood, heir.prompt_override) == ("a paper boat", "my mood", "my prompt")
    assert heir.edited == ["idea", "mood"]
    shared = min(heir.end_frame, mine.end_frame) - max(heir.start_frame, mine.start_frame)
    assert shared == max(
        min(s.end_frame, mine.end_frame) - max(s.start_frame, mine.start_frame) for s in rows
    )
    assert any(f"scene {heir.order} ({heir.id})" in told for told in warnings(planned))
    change(planned, clip_seconds=8)
    assert [s.idea for s in generate(planned) if s.prompt_override] == ["a paper boat"]


def test_what_finds_no_place_in_a_new_plan_is_told_in_its_own_words(planned: Desk) -> None:
    change(planned, clip_seconds=4)
    for n, scene in enumerate(generate(planned)):
        edit(planned, scene, prompt_override=f"my prompt {n:02d}")
    written = {s.prompt_override for s in present(planned)}
    change(planned, clip_seconds=8)
    kept = {s.prompt_override for s in generate(planned)}
    assert kept < written
    gone = written - kept
    told = " ".join(warnings(planned))
    assert all(f"“{prompt}”" in told for prompt in gone)


def test_words_a_person_wrote_for_a_scene_do_not_go_to_another_stretch_of_the_song(
    planned: Desk,
) -> None:
    mine = max(present(planned), key=lambda s: s.frames)
    edit(planned, mine, lyrics="la la la")
    change(planned, clip_seconds=4)
    assert "la la la" not in {s.lyrics for s in generate(planned)}
    assert any("“la la la”" in told for told in warnings(planned))


def shots(scene: Scene) -> dict[str, str]:
    return {name: scene.shot[name] for name in ("size", "angle", "movement")}


def test_pictures_beside_one_that_a_person_set_are_not_like_it(planned: Desk) -> None:
    mine = present(planned)[3]
    for seed in range(6):
        change(planned, seed=seed)
        with planned.database.write() as session:
            scenes.get(session, mine.id).edited = []
        wish = next(s for s in generate(planned) if s.order == 5)
        change(planned, seed=100 + seed)
        generate(planned)
        # The very picture that the neighbour would have under the next seed.
        edit(planned, mine, idea=wish.idea, shot=wish.shot, scene_type=wish.scene_type)
        change(planned, seed=seed)
        rows = generate(planned)
        at = next(n for n, s in enumerate(rows) if s.id == mine.id)
        for other in (rows[at - 1], rows[at + 1]):
            assert other.idea != rows[at].idea
            assert not shots(other).items() & shots(rows[at]).items()


@pytest.mark.parametrize("name", ["idea", "shot"])
@pytest.mark.parametrize("kind", ["broll", "performance"])
def test_a_picture_that_a_person_set_stays_of_its_kind(planned: Desk, kind: str, name: str) -> None:
    mine = next(s for s in present(planned) if s.scene_type == kind)
    edit(planned, mine, **{name: getattr(mine, name)})
    change(planned, performance_density=1.0 if kind == "broll" else 0.0, seed=5)
    rows = generate(planned)
    assert [s.edited for s in rows if s.scene_type == kind] == [[name]]
    # Cut anew it takes its kind along.
    change(planned, clip_seconds=4)
    (heir,) = [s for s in generate(planned) if s.edited]
    assert (heir.scene_type, heir.lip_sync_enabled) == (kind, kind == "performance")
    assert getattr(heir, name) == getattr(mine, name)
    assert {s.scene_type for s in present(planned) if s.id != heir.id} != {kind}


def test_a_kind_that_a_person_set_gets_pictures_of_that_kind(planned: Desk) -> None:
    mine = next(s for s in present(planned) if s.scene_type == "broll")
    edit(planned, mine, scene_type="performance")
    change(planned, performance_density=1.0)
    there = next(s for s in generate(planned) if s.id == mine.id).idea
    change(planned, performance_density=0.0)
    assert next(s for s in generate(planned) if s.id == mine.id).idea == there


def test_kinds_that_a_person_set_count_in_the_density(planned: Desk) -> None:
    rows = generate(planned)
    mine = {s.id for s in rows if s.scene_type == "broll"}
    for scene in rows:
        edit(planned, scene, scene_type="performance" if scene.id in mine else "broll")
    other = generate(planned)
    assert {s.id for s in other if s.scene_type == "performance"} == mine
    free = next(s for s in rows if s.id in mine)
    with planned.database.write() as session:
        scenes.get(session, free.id).edited = []
    change(planned, performance_density=0.0)
    after = {s.id: s.scene_type for s in generate(planned)}
    assert after[free.id] == "broll", "what is set is more than enough"


def test_corrections_made_while_the_song_is_planned_are_in_the_plan(
    planned: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    director = Director(monkeypatch)

    def correct() -> None:
        section(planned, "Hook", "chorus")
        with planned.database.write() as session:
            board = projects.storyboard(session, planned.project_id)
            shift = {"kind": "shift_beats", "milliseconds": 100}
            other = {"text": "my line", "startTime": 2.0, "endTime": 6.0}
            board.edits = {**board.edits, "analysis": [shift], "lyrics": [other]}

    director.meanwhile = correct
    rows = generate(planned)
    with planned.database.read() as session:
        board = projects.storyboard(session, planned.project_id)
    assert board.beat_grid["beats"][0]["time"] == pytest.approx(0.1)
    assert {s["name"] for s in board.sections} == {"Hook"}
    assert [line["text"] for line in board.lyrics_data] == ["my line"]
    assert {s.section for s in rows} == {"Hook"}
    assert {s.lyrics for s in rows if s.lyrics} == {"my line"}


def test_generating_again_changes_nothing(planned: Desk) -> None:
    before = present(planned)
    after = generate(planned)
    assert [(s.id, s.revision, s.idea) for s in after] == [
        (s.id, s.revision, s.idea) for s in before
    ]


def ask(planned: Desk) -> bool:
    """What the button does; whether there is anything to do."""
    key, task = planned.project_id, Task(planned.bench, planned.project_id)
    with planned.database.write() as session:
        plan_again(session, projects.get(session, key), scenes.of_project(session, key))
    with planned.database.write() as session:
        print_ = STORYBOARD.fingerprint(session, planned.bench, key)
        row = artifacts.get(session, "storyboard", key)
        stale = row is None or row.fingerprint != print_
    if stale:
        made = body.make(task)
        with planned.database.write() as session:
            artifacts.put(session, "storyboard", key, print_, made, None)
    return stale


def test_asking_for_a_plan_plans_anew_where_a_picture_was_set_like_its_neighbours(
    planned: Desk,
) -> None:
    ask(planned)
    assert ask(planned) is False
    mine, after = present(planned)[3:5]
    edit(planned, mine, shot=after.shot)
    assert ask(planned) is True
    rows = present(planned)
    assert shots(rows[3]) == shots(after)
    for other in (rows[2], rows[4]):
        assert not shots(other).items() & shots(rows[3]).items()
    assert ask(planned) is False


def test_asking_for_a_plan_plans_anew_where_cuts_were_moved_by_hand(planned: Desk) -> None:
    def cuts() -> list[tuple[int, int]]:
        return [(s.start_frame, s.end_frame) for s in present(planned)]

    assert ask(planned)
    before = cuts()
    assert not ask(planned)
    first, second = (scene.id for scene in present(planned)[:2])
    with planned.database.write() as session:
        left, right = scenes.get(session, first), scenes.get(session, second)
        left.end_frame = right.start_frame = left.end_frame + 12
    assert cuts() != before
    assert ask(planned)
    assert cuts() == before
    assert not ask(planned)


class Director:
    """Remembers what it was asked to direct, and has one idea."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[tuple[PlannedScene, ...]] = []
        self.shown: list[tuple[PlannedScene, ...]] = []
        self.notes: tuple[str, ...] = ()
        self.meanwhile: Callable[[], None] = lambda: None
        monkeypatch.setattr(directing, "directed", self._directed)

    def _directed(
        self,
        _settings: object,
        _project: object,
        plan: Sequence[PlannedScene],
        *_: object,
        settled: Collection[int],
        shot_settled: Collection[int],
    ) -> tuple[list[PlannedScene], tuple[str, ...]]:
        self.shown.append(tuple(plan))
        self.meanwhile()
        self.asked.append(tuple(s for s in plan if s.order not in settled))
        kite = {"idea": "a kite"}
        return [s if s.order in settled else s.model_copy(update=kite) for s in plan], self.notes


def test_a_director_directs_what_is_written_around_kept_scenes(
    planned: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid = present(planned)[1]
    planned.take(paid)
    director = Director(monkeypatch)
    rows = generate(planned)
    assert {s.idea for s in rows if s.id != paid.id} == {"a kite"}
    assert next(s for s in rows if s.id == paid.id).idea == paid.idea
    assert len(director.asked[0]) == len(rows) - 1


def test_what_became_of_the_directors_ideas_is_kept_until_the_next_plan(
    planned: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told() -> list[str]:
        with planned.database.read() as session:
            return list(projects.storyboard(session, planned.project_id).heard.get("director", ()))

    director = Director(monkeypatch)
    director.notes = ("shot-2 stays as planned: its idea is too long",)
    generate(planned)
    assert told() == list(director.notes)
    director.notes = ()
    generate(planned)
    assert told() == []


def test_a_director_is_not_asked_for_what_is_not_used(
    planned: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *others = present(planned)
    for scene in others:
        planned.take(scene)
    edit(planned, first, idea="mine", mood="mine", shot=first.shot)
    director = Director(monkeypatch)
    generate(planned)
    assert director.asked == [()]
    assert director.shown[0][0].idea == "mine"


def test_nothing_to_direct_is_no_question(desk: Desk) -> None:
    settings = desk.bench.settings.model_copy(
        update={"musicapp_director_url": "http://127.0.0.1:9/v1"}
    )
    with desk.database.read() as session:
        project = projects.get(session, desk.project_id)
    assert directing.directed(settings, project, []) == ((), ())
