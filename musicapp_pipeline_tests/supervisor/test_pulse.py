"""Silence is told from slowness: by questions left open, never by how long an answer took."""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer

import dagster as dg
import grpc
import pytest
from dagster._daemon.types import DaemonHeartbeat
from dagster._grpc.__generated__ import dagster_api_pb2
from dagster._grpc.__generated__.dagster_api_pb2_grpc import (
    DagsterApiServicer,
    add_DagsterApiServicer_to_server,
)
from sqlalchemy.exc import OperationalError

from musicapp_pipeline.defs.instance.worker_beat import BEAT_FD, Beat, step_of
from musicapp_pipeline.supervisor import pulse, signs
from musicapp_pipeline.supervisor.pulse import Pulse
from musicapp_pipeline.supervisor.signs import WorkerPulse, code_pulse, web_pulse
from musicapp_pipeline_tests.api.waiting import until
from musicapp_pipeline_tests.supervisor.clock import LONG, Clock


def ask(asked: Pulse, clock: Clock, times: int = 1) -> None:
    """So many questions, each with time for its answer."""
    for _ in range(times):
        clock.now += pulse.EVERY + 1
        asked.look()
        until(lambda: asked._asked is None or asked._asked.over, bool, LONG)
        asked.look()


def begun(question: Callable[[], bool | None], misses: int = 3) -> Pulse:
    asked = Pulse(question, misses)
    asked.begin(1)
    return asked


def test_a_child_that_leaves_questions_open_is_silent(clock: Clock) -> None:
    answers = iter([True, False, False, False, False])
    asked = begun(lambda: next(answers))
    ask(asked, clock, 4)
    assert not asked.silent
    ask(asked, clock)
    assert asked.silent


def test_a_child_may_take_long_to_begin(clock: Clock) -> None:
    def nobody_there() -> bool:
        raise ConnectionRefusedError

    asked = begun(nobody_there)
    ask(asked, clock, pulse.WHILE_IT_BEGINS - 1)
    assert not asked.silent
    ask(asked, clock)
    assert asked.silent


def test_a_late_answer_counts(clock: Clock) -> None:
    may_answer = threading.Event()
    asked = begun(lambda: may_answer.wait(LONG), misses=5)
    for _ in range(pulse.WHILE_IT_BEGINS - 1):
        clock.now += pulse.EVERY + 1
        asked.look()
    may_answer.set()
    until(lambda: asked._asked is None or asked._asked.over, bool, LONG)
    asked.look()
    ask(asked, clock, 2)
    assert not asked.silent and asked.answers > 1


def test_a_held_up_supervisor_blames_nobody(clock: Clock) -> None:
    """It asked nothing meanwhile, so nobody failed to answer."""
    asked = begun(lambda: False, misses=2)
    clock.now += 86_400
    asked.look()
    assert not asked.silent


def test_nobody_is_blamed_for_what_cannot_be_asked(clock: Clock) -> None:
    asked = begun(lambda: None)
    ask(asked, clock, 3 * pulse.WHILE_IT_BEGINS)
    assert not asked.silent and not asked.answers


def test_what_the_process_before_answers_says_nothing_of_this_one(clock: Clock) -> None:
    may_answer = threading.Event()
    asked = begun(lambda: may_answer.wait(LONG))
    clock.now += pulse.EVERY + 1
    asked.look()
    asked.begin(2)
    may_answer.set()
    asked.look()
    assert asked.answers == 0


class _Refuses(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(503)

    def log_message(self, *_args: object) -> None: ...


@pytest.fixture
def web_port() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), _Refuses)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_any_answer_of_a_web_server_will_do(web_port: int) -> None:
    assert web_pulse("127.0.0.1", web_port, "/healthz")._question()


class _Pings(DagsterApiServicer):
    def Ping(self, request, _context):  # noqa: N802 - the protocol's name
        return dagster_api_pb2.PingReply(echo=request.echo)


def test_a_code_server_is_pinged() -> None:
    server = grpc.server(ThreadPoolExecutor(1))
    add_DagsterApiServicer_to_server(_Pings(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    asked = code_pulse(port)
    assert asked._question()
    server.stop(None).wait()
    with pytest.raises(Exception, match="Could not reach user code server"):
        asked._question()


def beat(instance: dg.DagsterInstance, at: float, *kinds: str) -> None:
    for kind in kinds:
        instance.add_daemon_heartbeat(DaemonHeartbeat(at, kind, "id", []))


def test_every_loop_of_the_daemon_has_to_go_round(monkeypatch: pytest.MonkeyPatch) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        monkeypatch.setattr(
            type(instance), "get_required_daemon_types", lambda _self: ["SENSOR", "BACKFILL"]
        )
        beat(instance, 1.0, "SENSOR", "BACKFILL")
        beats = signs._Beats(instance)
        assert not beats.all_came(), "those are of the daemon before"
        beat(instance, 2.0, "SENSOR")
        assert not beats.all_came(), "one of them may hang"
        beat(instance, 2.0, "BACKFILL")
        assert beats.all_came()
        assert not beats.all_came()
        beat(instance, 3.0, "SENSOR", "BACKFILL")
        assert beats.all_came()

        def away(_self: object) -> None:
            raise OperationalError("database is locked", None, Exception())

        monkeypatch.setattr(type(instance), "get_daemon_heartbeats", away)
        assert beats.all_came() is None, "then the daemon cannot write either"


def test_a_worker_lives_that_writes_or_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    used = 5.0
    monkeypatch.setattr(signs, "cpu_seconds", lambda _pid: used)
    asked = WorkerPulse()
    given, kept = asked.prepare()
    [writing] = kept
    assert given == {BEAT_FD: str(writing)}
    asked.begin(1)
    assert not asked._question()
    os.write(writing, b"..")
    assert asked._question()
    assert not asked._question()
    used += 0.2
    assert not asked._question(), "threads that only wake use a little, too"
    used += 0.8
    assert asked._question(), "it may not let go of the interpreter for long"
    assert not asked._question()
    asked.prepare()
    asked.begin(2)
    assert not asked._question()


def test_a_busy_worker_beats_and_one_that_stands_still_does_not() -> None:
    busy = False
    beating = Beat(busy=lambda: busy)
    assert beating.alive(), "it still looks for its broker"
    beating.looping(True)
    beating.tick()
    assert beating.alive()
    assert not beating.alive(), "nobody came round the loop"
    busy = True
    assert beating.alive() and beating.alive(), "an encode takes as long as it takes"
    busy = False
    beating.looping(False)
    assert beating.alive(), "the broker is away"


def test_a_worker_beats_through_the_pipe_until_nobody_listens() -> None:
    asked = WorkerPulse()
    _given, [writing] = asked.prepare()
    asked.begin(1)
    Beat(busy=lambda: False).keep_telling(writing)
    until(asked._question, bool, LONG)


def test_celerys_loop_is_counted() -> None:
    """Both kinds of it: with and without a clock of its own."""
    from celery import Celery
    from celery.contrib.testing.worker import start_worker

    app = Celery("quiet", broker="memory://", backend="cache+memory://")
    beating = Beat(busy=lambda: False)
    app.steps["consumer"].add(step_of(beating))
    with start_worker(app, perform_ping_check=False, shutdown_timeout=LONG):
        until(lambda: beating._rounds, lambda rounds: rounds > 2, LONG)
        assert beating._looping


def test_a_loop_with_a_clock_ticks_by_it() -> None:
    class Hub:
        every, cancelled = 0.0, False

        def call_repeatedly(self, every, tick):
            self.every = every
            tick()
            return self

        def cancel(self):
            self.cancelled = True

    class Consumer:
        hub = Hub()

        def perform_pending_operations(self): ...

    consumer = Consumer()
    beating = Beat(busy=lambda: False)
    step = step_of(beating)(consumer)
    step.start(consumer)
    assert consumer.hub.every > 0 and beating.alive() and not beating.alive()
    step.stop(consumer)
    assert consumer.hub.cancelled and beating.alive()
