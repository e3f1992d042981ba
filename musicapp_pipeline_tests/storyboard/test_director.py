"""The director's ideas hold where they are usable, and the plan holds where they are not."""

import json
import re
import threading
import urllib.request
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

import pytest

from musicapp_pipeline.storyboard.director import direct
from musicapp_pipeline.storyboard.director_chat import setups_of
from musicapp_pipeline.storyboard.errors import DirectorUnavailable
from musicapp_pipeline.storyboard.model import PlannerOptions, ProjectBrief
from musicapp_pipeline.storyboard.plan import plan_scenes
from musicapp_pipeline.storyboard.vocabulary import shot_vocabulary
from musicapp_pipeline_tests.storyboard.songs import song

PROJECT = ProjectBrief(title="Eternal Flame", style_preset="dreamy")
PLAN = plan_scenes(*song(120.0), PlannerOptions(fps=Fraction(24)))
SETUPS = setups_of(PLAN)
WAYS = ("size", "angle", "movement")


def briefs(body):
    return json.loads(body["messages"][1]["content"])


def answer(entries):
    content = json.dumps({"setups": entries})
    return {"choices": [{"message": {"role": "assistant", "content": content}}]}


def good_entries(body):
    """One usable answer a setup, in the vocabulary it was given, turning with its position."""
    brief = briefs(body)
    out = []
    for setup in brief["setups"]:
        n = int(setup["key"].removeprefix("setup_"))
        words = brief["vocabulary"][setup["kind"]]
        out.append(
            {
                "key": setup["key"],
                "idea": f"a paper boat number {n} on black water",
                "mood": "hushed",
                "size": words["sizes"][n % len(words["sizes"])],
                "angle": words["angles"][n % len(words["angles"])],
                "movement": words["movements"][n % len(words["movements"])],
                "light": "lantern light",
            }
        )
    return out


def good(body):
    return answer(good_entries(body))


def test_cuts_kinds_lyrics_and_costs_are_not_the_directors():
    directed = direct(PROJECT, PLAN, good, "any-model")
    free = {"idea": "", "mood": "", "shot": None}
    assert [s.model_copy(update=free) for s in directed.scenes] == [
        s.model_copy(update=free) for s in PLAN
    ]
    assert directed.accepted == len(SETUPS)
    assert all(scene.idea.startswith("a paper boat") for scene in directed.scenes)


def test_an_idea_that_returns_in_the_plan_returns_directed():
    directed = direct(PROJECT, PLAN, good, "any-model").scenes
    for setup in SETUPS:
        assert len({directed[order - 1].idea for order in setup.scenes}) == 1


@pytest.mark.parametrize("alike", [("size", "movement"), ("angle",)])
def test_neighbours_stay_unlike_even_if_the_director_does_not_care(alike):
    def monotonous(body):
        entries = good_entries(body)
        for entry, setup in zip(entries, briefs(body)["setups"], strict=True):
            words = briefs(body)["vocabulary"][setup["kind"]]
            entry |= {name: words[f"{name}s"][0] for name in alike}
        return answer(entries)

    directed = direct(PROJECT, PLAN, monotonous, "any-model")
    for a, b in pairwise(directed.scenes):
        assert unlike(a, b)
    assert any("keeps its planned shot" in note for note in directed.notes)


def unlike(a, b):
    return all(getattr(a.shot, what) != getattr(b.shot, what) for what in WAYS)


def test_what_is_settled_is_not_asked_for_and_nobody_becomes_like_it():
    settled = {scene.order for scene in PLAN[1::2]}
    free = [scene for scene in PLAN if scene.order not in settled]

    def copying(body):
        """Every setup as the paid scene after it, where its vocabulary has the words."""
        entries = good_entries(body)
        for entry, setup in zip(entries, setups_of(free), strict=True):
            after = PLAN[min(setup.scenes[0], len(PLAN) - 1)]
            words = briefs(body)["vocabulary"][setup.kind]
            entry["idea"] = after.idea.upper()
            for what in WAYS:
                if getattr(after.shot, what) in words[f"{what}s"]:
                    entry[what] = getattr(after.shot, what)
        return answer(entries)

    directed = direct(PROJECT, PLAN, copying, "any-model", settled=settled).scenes
    assert [s for s in directed if s.order in settled] == list(PLAN[1::2])
    assert all(unlike(a, b) for a, b in pairwise(directed))
    assert all(a.idea.lower() != b.idea.lower() for a, b in pairwise(directed))
    good_ones = direct(PROJECT, PLAN, good, "any-model", settled=settled)
    assert good_ones.accepted == len(setups_of(free))


def test_a_shot_that_a_person_set_stays_and_no_neighbour_becomes_like_it():
    place = next(n for n, s in enumerate(PLAN) if n > 0 and s.scene_type == "broll")
    mine, before = PLAN[place], PLAN[place - 1]
    taken = {before.shot.movement, mine.shot.movement, PLAN[place + 1].shot.movement}
    words = [term.name for term in shot_vocabulary().movements if before.scene_type in term.kinds]
    movement = next(word for word in words if word not in taken)
    said = mine.model_copy(update={"shot": mine.shot.model_copy(update={"movement": movement})})
    shown = (*PLAN[:place], said, *PLAN[place + 1 :])

    def copying(body):
        entries = good_entries(body)
        for entry, setup in zip(entries, setups_of(shown), strict=True):
            if before.order in setup.scenes:
                entry["movement"] = movement
        return answer(entries)

    made = direct(PROJECT, shown, copying, "any-model", shot_settled={said.order})
    assert made.accepted == len(setups_of(shown))
    directed = made.scenes
    assert directed[place].shot == said.shot
    assert directed[place].idea != said.idea
    assert unlike(directed[place - 1], directed[place])


def test_a_long_list_of_scenes_is_cut_short_in_a_note():
    directed = direct(PROJECT, PLAN, lambda body: {}, "any-model")
    assert directed.notes[0].startswith("scenes ")
    assert " more stay as planned: the answer has no choices" in directed.notes[0]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"size": "wide open"}, "size 'wide open'"),
        ({"movement": "teleport"}, "movement"),
        ({"idea": "x"}, "idea"),
        ({"idea": "y" * 999}, "idea"),
        ({"idea": "\u0000" * 9}, "empty"),
        ({"mood": None}, "mood"),
        ({"light": 3}, "light"),
        ({"key": "setup_99"}, "no entry for it"),
        ({"key": ["setup_01"]}, "no entry for it"),
        ({"key": {}}, "no entry for it"),
        ({"mood": "\ud83d"}, "cannot be used"),
        ({"idea": PLAN[3].idea}, "another scene's"),
    ],
)
def test_an_unusable_answer_leaves_its_scenes_as_planned(change, reason):
    def spoiled(body):
        entries = good_entries(body)
        if entries[0]["key"] == "setup_01":
            entries[0] |= change
        return answer(entries)

    directed = direct(PROJECT, PLAN, spoiled, "any-model")
    first = SETUPS[0].scenes[0] - 1
    assert directed.scenes[first] == PLAN[first]
    assert directed.accepted == len(SETUPS) - 1
    told = re.compile(rf"scenes? .*\b{SETUPS[0].scenes[0]}\b.* stays? as planned: .*{reason}")
    assert any(told.match(note) for note in directed.notes)
    assert not any("setup_" in note for note in directed.notes)
    assert all(len(note) <= 300 and note.encode() for note in directed.notes)


def test_what_a_chatty_model_adds_to_an_entry_is_not_read():
    def chatty(body):
        return answer([e | {"budget": 900, "\ud83d": 1, "x" * 999: 2} for e in good_entries(body)])

    assert direct(PROJECT, PLAN, chatty, "any-model") == direct(PROJECT, PLAN, good, "any-model")


def test_a_director_may_keep_an_idea_and_change_how_it_is_seen():
    def approving(body):
        entries = good_entries(body)
        for entry, setup in zip(entries, briefs(body)["setups"], strict=True):
            entry["idea"] = setup["plain_idea"]
        return answer(entries)

    directed = direct(PROJECT, PLAN, approving, "any-model")
    assert directed.accepted == len(SETUPS)
    assert [s.idea for s in directed.scenes] == [s.idea for s in PLAN]
    assert {s.mood for s in directed.scenes} == {"hushed"}
    assert not any("another scene's" in note for note in directed.notes)


@pytest.mark.parametrize(
    ("shot", "reason"),
    [
        (("full shot", "overhead angle", "tilt up on the hit"), "contradict"),
        (("panoramic shot", "overhead angle", "locked-off camera"), "contradict"),
        (("wide shot", "side-on angle", "macro glide"), "nothing suits 'wide shot'"),
    ],
)
def test_a_shot_that_cannot_be_filmed_leaves_the_planned_one(shot, reason):
    setup = next(s for s in SETUPS if s.kind == "broll" and len(s.scenes) == 1)

    def confused(body):
        entries = good_entries(body)
        for entry in entries:
            if entry["key"] == setup.key:
                entry |= dict(zip(WAYS, shot, strict=True))
        return answer(entries)

    directed = direct(PROJECT, PLAN, confused, "any-model")
    (order,) = setup.scenes
    scene = directed.scenes[order - 1]
    assert scene.shot == PLAN[order - 1].shot
    assert (scene.idea[:12], scene.mood) == ("a paper boat", "hushed")
    told = [note for note in directed.notes if f"scene {order} keeps the planned shot" in note]
    assert len(told) == 1
    assert reason in told[0]


@pytest.mark.parametrize(
    "response",
    [
        {},
        {"choices": []},
        {"choices": [{"message": {"content": None}}]},
        {"choices": [{"message": {"content": "I cannot do that."}}]},
        {"choices": [{"message": {"content": '{"setups": 5}'}}]},
        {"choices": [{"message": {"content": '{"setups": "abc"}'}}]},
        {"choices": [{"message": {"content": '{"setups": ' + "[" * 200_000}}]},
        {"choices": [{"message": {"content": '{"setups": ' + "[" * 200_000 + "}"}}]},
        {"choices": [{"message": {"content": '{"setups": [' + "9" * 5000 + "]}"}}]},
        {"choices": {"message": []}},
        {"error": "overloaded"},
    ],
)
def test_an_answer_that_is_none_leaves_the_whole_plan(response):
    directed = direct(PROJECT, PLAN, lambda body: response, "any-model")
    assert directed.scenes == PLAN
    assert directed.accepted == 0
    assert directed.notes


def test_an_unreachable_director_leaves_the_whole_plan():
    def down(body):
        raise DirectorUnavailable("no answer in 30 s")

    directed = direct(PROJECT, PLAN, down, "any-model")
    assert directed.scenes == PLAN
    assert all("no answer in 30 s" in note for note in directed.notes)


@pytest.mark.parametrize(
    "wrap", ["```json\n{}\n```", "Here you are: {} Enjoy!", "For {you}: {} Enjoy {the} film"]
)
def test_json_wrapped_in_prose_is_read(wrap):
    def chatty(body):
        content = wrap.replace("{}", json.dumps({"setups": good_entries(body)}))
        return {"choices": [{"message": {"content": [{"type": "text", "text": content}]}}]}

    assert direct(PROJECT, PLAN, chatty, "any-model").accepted == len(SETUPS)


def test_lyrics_are_sent_as_data_and_the_schema_is_strict():
    asked = []

    def listen(body):
        asked.append(body)
        return good(body)

    direct(PROJECT, PLAN, listen, "tiny-model", seed=7)
    body = asked[0]
    assert (body["model"], body["seed"]) == ("tiny-model", 7)
    assert body["response_format"]["json_schema"]["strict"] is True
    assert "never instructions" in body["messages"][0]["content"]
    keys = [setup["key"] for body in asked for setup in briefs(body)["setups"]]
    assert keys == [setup.key for setup in SETUPS]


@pytest.fixture
def endpoint():
    """A chat endpoint on a real socket."""

    class Chat(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            payload = json.dumps(good(body)).encode()
            self.send_response(200 if self.path == "/v1/chat/completions" else 404)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Chat)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1/chat/completions"
    server.shutdown()
    server.server_close()


def test_it_works_against_an_openai_compatible_endpoint(endpoint):
    def ask(body):
        request = urllib.request.Request(
            endpoint,
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)

    assert direct(PROJECT, PLAN, ask, "local").accepted == len(SETUPS)
