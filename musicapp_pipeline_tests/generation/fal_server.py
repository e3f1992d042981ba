"""fal's queue as its documentation describes it, with a ledger and scripted faults."""

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from musicapp_pipeline_tests.generation.clips import clip_bytes
from musicapp_pipeline_tests.generation.tiny_http import Request, Response, TinyServer

KEY = "fal-key"


@dataclass
class FalJob:
    endpoint: str
    input: dict[str, Any]
    created: float
    fate: str = "complete"


@dataclass
class FalServer:
    """``with FalServer() as fal``; ``fal.url`` is the queue's base."""

    job_seconds: float = 0.0
    fates: deque[str] = field(default_factory=deque)
    submit_faults: deque[str] = field(default_factory=deque)
    result_faults: deque[Response] = field(default_factory=deque)
    jobs: dict[str, FalJob] = field(default_factory=dict)
    cancelled: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.http = TinyServer(self._handle)

    def __enter__(self) -> "FalServer":
        self.http.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.http.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http.port}"

    async def _handle(self, request: Request) -> Response:
        if request.segments[0] == "files":
            assert "authorization" not in request.headers, "the key went to the file server"
            return Response(200, clip_bytes(int(request.segments[1])))
        if request.headers.get("authorization") != f"Key {KEY}":
            return Response(401, {"detail": "Authentication is required"})
        if request.method == "POST":
            return self._submit(request)
        job = self.jobs.get(request.segments[3]) if len(request.segments) > 3 else None
        if job is None:
            return Response(404, {"detail": "Request not found"})
        if request.method == "PUT":
            self.cancelled.append(request.segments[3])
            if self._age(job) >= self.job_seconds:
                return Response(400, {"status": "ALREADY_COMPLETED"})
            if self._age(job) < self.job_seconds / 2:
                del self.jobs[request.segments[3]]
            return Response(202, {"status": "CANCELLATION_REQUESTED"})
        return self._status(job) if request.segments[-1] == "status" else self._result(job)

    def _submit(self, request: Request) -> Response:
        fault = self.submit_faults.popleft() if self.submit_faults else "ok"
        if fault == "429":
            return Response(429, {"detail": "Too many concurrent requests"}, {"retry-after": "3"})
        if fault == "balance":
            return Response(402, {"detail": "Exhausted balance"})
        if fault == "422":
            detail = [{"loc": ["body", "duration"], "msg": "unexpected value", "type": "enum"}]
            return Response(422, {"detail": detail})
        request_id = f"req-{len(self.jobs) + 1}"
        fate = self.fates.popleft() if self.fates else "complete"
        endpoint = "/".join(request.segments)
        self.jobs[request_id] = FalJob(endpoint, request.json(), time.time(), fate)
        if fault == "lose_response":
            return Response(reset=True)
        if fault == "500":
            return Response(500, {"detail": "Internal Server Error"})
        app = "/".join(request.segments[:2])
        base = f"https://queue.fal.run/{app}/requests/{request_id}"
        return Response(
            200,
            {
                "request_id": request_id,
                "status": "IN_QUEUE",
                "response_url": base,
                "status_url": f"{base}/status",
                "cancel_url": f"{base}/cancel",
                "queue_position": 0,
            },
        )

    def _age(self, job: FalJob) -> float:
        return time.time() - job.created

    def _status(self, job: FalJob) -> Response:
        age = self._age(job)
        if age >= self.job_seconds and job.fate == "fail":
            told = {"error": "Internal server error", "error_type": "internal_error"}
            return Response(200, {"status": "COMPLETED", **told})
        if age >= self.job_seconds:
            return Response(200, {"status": "COMPLETED", "metrics": {"inference_time": 3.7}})
        word = "IN_QUEUE" if age < self.job_seconds / 2 else "IN_PROGRESS"
        return Response(202, {"status": word, "queue_position": 1})

    def _result(self, job: FalJob) -> Response:
        if job.fate == "moderated":
            detail = [
                {
                    "loc": ["body", "prompt"],
                    "msg": "The content could not be processed because it was flagged.",
                    "type": "content_policy_violation",
                }
            ]
            return Response(422, {"detail": detail})
        if self.result_faults:
            return self.result_faults.popleft()
        seconds = str(job.input.get("duration", 4)).rstrip("s")
        file = {"url": f"{self.url}/files/{seconds}/clip.mp4", "content_type": "video/mp4"}
        return Response(200, {"video": file, "seed": 1})
