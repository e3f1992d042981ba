"""A director is asked over real sockets, and only when one is configured."""

import contextlib
import json
import threading
from collections.abc import Iterator
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from musicapp_pipeline.defs.storyboard import directing
from musicapp_pipeline.settings import Settings
from musicapp_pipeline.store.models import Project
from musicapp_pipeline.storyboard.errors import DirectorUnavailable
from musicapp_pipeline.storyboard.model import PlannerOptions
from musicapp_pipeline.storyboard.plan import plan_scenes
from musicapp_pipeline_tests.storyboard.songs import song
from musicapp_pipeline_tests.storyboard.test_director import good

PLAN = plan_scenes(*song(60.0), PlannerOptions(fps=Fraction(24)))
PROJECT = Project(id="p", title="Eternal Flame", style_preset="dreamy", seed=0)


class Endpoint(ThreadingHTTPServer):
    """Answers every chat request with ``answer(body)``: a status and bytes."""

    def __init__(self, handler: type["Handler"]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.closing = threading.Event()
        self.dripped = threading.Event()
        self.seen: list[tuple[str, str | None, dict]] = []
        self.answer = lambda body: (200, json.dumps(good(body)).encode())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.seen.append((self.path, self.headers.get("authorization"), body))
        status, content = self.server.answer(body)
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        with contextlib.suppress(OSError):  # whoever asked may have gone
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Quiet."""


class Dripping(Handler):
    """Sends a byte now and then, and never comes to an end by itself."""

    def do_POST(self) -> None:
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):
            while not self.server.closing.wait(0.02):
                self.wfile.write(b" ")
                self.server.dripped.set()


@contextlib.contextmanager
def serving(handler: type[Handler]) -> Iterator[Endpoint]:
    server = Endpoint(handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.closing.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with serving(Handler) as server:
        yield server


@pytest.fixture
def dripping() -> Iterator[Endpoint]:
    with serving(Dripping) as server:
        yield server


def settings(endpoint: Endpoint) -> Settings:
    return Settings(
        musicapp_director_url=endpoint.url,
        musicapp_director_key="secret-key",
        musicapp_director_model="storyteller",
    )


def test_without_an_endpoint_the_plan_is_the_plan():
    assert directing.of(Settings()) is None
    assert directing.directed(Settings(), PROJECT, PLAN) == (PLAN, ())


def test_its_ideas_are_taken_and_the_key_is_sent(endpoint):
    scenes, notes = directing.directed(settings(endpoint), PROJECT, PLAN)
    assert all(s.idea.startswith("a paper boat") for s in scenes)
    assert not any("stays as planned" in note for note in notes)
    asked = {(path, key, body["model"]) for path, key, body in endpoint.seen}
    assert asked == {("/v1/chat/completions", "Bearer secret-key", "storyteller")}
    assert directing.of(settings(endpoint)) == {"url": endpoint.url, "model": "storyteller"}


@pytest.mark.parametrize(
    ("status", "content", "said"),
    [
        (500, b"{}", "answered 500"),
        (401, b'{"error": "secret-key is wrong"}', "answered 401"),
        (200, b"<html>", "not JSON"),
        (200, b"[1]", "not a JSON object"),
        (200, b"[" * 200_000, "not JSON"),
        (200, b" " * (directing.MAX_ANSWER + 1) + b"{}", "more than"),
    ],
)
def test_without_a_usable_answer_the_plan_stays_and_says_why(endpoint, status, content, said):
    endpoint.answer = lambda _body: (status, content)
    scenes, notes = directing.directed(settings(endpoint), PROJECT, PLAN)
    assert tuple(scenes) == tuple(PLAN)
    assert said in notes[0]
    assert "secret-key" not in notes[0]


def test_an_endpoint_that_is_not_there_is_unavailable(endpoint):
    gone = Settings(musicapp_director_url="http://127.0.0.1:9/v1")
    with pytest.raises(DirectorUnavailable, match="could not be asked"):
        directing.post(gone, {})


def test_an_answer_that_trickles_without_end_is_given_up(dripping):
    with pytest.raises(DirectorUnavailable, match=r"not answered in 0\.5 s"):
        directing.post(settings(dripping), {}, timeout=0.5)


def test_whoever_cancels_does_not_wait_for_the_director(dripping):
    class Stopped(Exception):
        pass

    said = []

    def check() -> None:
        if dripping.dripped.is_set():
            raise Stopped

    with pytest.raises(Stopped):
        directing.directed(
            settings(dripping), PROJECT, PLAN, lambda _share, words="": said.append(words), check
        )
    assert said == ["asking the director"]
