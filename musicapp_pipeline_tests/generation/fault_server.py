"""A ``/v1/videos`` server over real sockets that bills like a provider and fails on demand.

It is strict in what it accepts, keeps a ledger of every charge, speaks the dialects of the
servers in the field, and plays scripted or random faults. Tests compare its ledger with ours.
"""

import random
import threading
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from decimal import Decimal
from io import BytesIO
from typing import Any, Literal

from PIL import Image

from musicapp_pipeline_tests.generation import faults
from musicapp_pipeline_tests.generation.clips import clip_bytes
from musicapp_pipeline_tests.generation.tiny_http import Part, Request, Response, TinyServer

Dialect = Literal["openai", "sglang", "vllm", "litellm"]
Fate = Literal["complete", "fail", "moderated", "stuck", "vanish", "fake_complete", "short"]

KEY = "sk-test"
MODELS = {"sora-2": Decimal("0.06"), "sora-2-pro": Decimal("0.12")}
SIZES = ("720x1280", "1280x720", "1024x1792", "1792x1024")


@dataclass
class Job:
    id: str
    request: dict[str, str]
    created: float
    fate: Fate
    seconds_to_do: float
    remixed_from: str | None = None
    reference: bytes | None = None
    polls: int = 0


@dataclass(frozen=True)
class Charge:
    job_id: str
    usd: Decimal
    prompt: str


@dataclass
class Ledger:
    """What the provider would put on its invoice."""

    charges: list[Charge] = field(default_factory=list)
    refunds: list[Charge] = field(default_factory=list)

    def total(self) -> Decimal:
        return sum((c.usd for c in self.charges), Decimal(0)) - sum(
            (c.usd for c in self.refunds), Decimal(0)
        )

    def times_billed(self, prompt: str) -> int:
        return sum(c.prompt == prompt for c in self.charges)


class FaultServer:
    """Start with ``with FaultServer() as server``; ``server.url`` ends in ``/v1``.

    Args:
        dialect: whose manners it has.
        job_seconds: how long a job takes.
        list_lag: seconds until a new job shows up in the list.
        visible_after: seconds until a new job can be asked for.
        refunds: whether failed jobs are credited.
    """

    def __init__(
        self,
        dialect: Dialect = "openai",
        *,
        job_seconds: float = 0.0,
        list_lag: float = 0.0,
        visible_after: float = 0.0,
        refunds: bool = True,
    ) -> None:
        self.dialect: Dialect = dialect
        self.job_seconds = job_seconds
        self.list_lag = list_lag
        self.visible_after = visible_after
        self.refunds = refunds
        self.ledger = Ledger()
        self.jobs: dict[str, Job] = {}
        self.models = MODELS
        self.cloud_urls = False
        self.form_needs_file = False
        self.list_refused = 0
        self.list_page = 100
        self.list_sorts = True
        self.list_tells_more = True
        self.fates: deque[Fate] = deque()
        self._faults: dict[str, deque[str]] = defaultdict(deque)
        self._chance: tuple[random.Random, float] | None = None
        self._lock = threading.Lock()
        self._http = TinyServer(self._handle)
        self._count = 0

    def __enter__(self) -> "FaultServer":
        self._http.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.port}/v1"

    @property
    def requests(self) -> list[Request]:
        """Everything that arrived, in order."""
        return self._http.log

    @property
    def connections(self) -> int:
        """How many were opened."""
        return self._http.connections

    def script(self, route: str, *faults: str) -> None:
        """The next requests to ``create``, ``remix``, ``status``, ``content`` or ``list`` fail
        so; ``"ok"`` lets one through."""
        self._faults[route].extend(faults)

    def play_dice(self, seed: int, probability: float) -> None:
        """From now on every request without a script may fail."""
        self._chance = (random.Random(seed), probability)

    # Routing

    async def _handle(self, request: Request) -> Response:
        parts = request.segments
        if parts[:2] != ("v1", "videos"):
            return self._error(404, "no such route")
        if self.dialect in ("openai", "litellm") and not self._authorised(request):
            return self._error(401, "Incorrect API key provided", code="invalid_api_key")
        route = (request.method, len(parts), parts[3] if len(parts) > 3 else "")
        if route == ("POST", 2, ""):
            return await self._create(request)
        if route == ("GET", 2, ""):
            return self._with_fault("list", lambda: self._list(request))
        if route == ("GET", 3, ""):
            return self._status(parts[2])
        if route == ("DELETE", 3, ""):
            return self._delete(parts[2])
        if route == ("GET", 4, "content"):
            return self._content(request, parts[2])
        if route == ("POST", 4, "remix"):
            return await self._remix(request, parts[2])
        return self._error(404, "Not Found")

    def _authorised(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"Bearer {KEY}"

    def _next_fault(self, route: str, choices: tuple[str, ...]) -> str:
        with self._lock:
            if self._faults[route]:
                return self._faults[route].popleft()
            if self._chance is not None:
                dice, probability = self._chance
                if dice.random() < probability:
                    return dice.choice(choices)
        return "ok"

    # Create and remix

    async def _create(self, request: Request) -> Response:
        fault = self._next_fault("create", faults.CREATE_FAULTS)
        refused = faults.before(fault, self._error)
        if refused is not None:
            return refused
        fields, reference, problem = self._parse(request)
        if problem is not None:
            return problem
        problem = self._validate(fields, reference)
        if problem is not None:
            return problem
        job = self._bill(fields, reference.data if reference else None)
        return faults.after(fault) or self._job_answer(job)

    async def _remix(self, request: Request, job_id: str) -> Response:
        if self.dialect in ("sglang", "vllm"):
            return self._error(404, "Not Found")
        if self.dialect == "litellm":
            return self._error(500, "litellm.APIError: video remix is not supported for fal.ai")
        fault = self._next_fault("remix", faults.CREATE_FAULTS)
        refused = faults.before(fault, self._error)
        if refused is not None:
            return refused
        source = self._find(job_id)
        if source is None or self._state(source) != "completed":
            return self._error(404, "Video not found")
        told = request.json() if "json" in request.headers.get("content-type", "") else {}
        if set(told) != {"prompt"}:
            return self._error(400, "remix takes a prompt and nothing else", code="invalid_value")
        fields = {**source.request, "prompt": told["prompt"]}
        job = self._bill(fields, source.reference, remixed_from=source.id)
        return faults.after(fault) or self._job_answer(job)

    def _parse(self, request: Request) -> tuple[dict[str, str], Part | None, Response | None]:
        kind = request.headers.get("content-type", "")
        if kind.startswith("multipart/form-data"):
            parts = request.form()
            reference = parts.pop("input_reference", None)
            if self.form_needs_file and reference is None:
                return {}, None, self._error(400, "input_reference file is required")
            return {n: p.data.decode() for n, p in parts.items()}, reference, None
        if self.dialect == "vllm":
            detail = [{"loc": ["body", "prompt"], "msg": "Field required", "type": "missing"}]
            return {}, None, Response(422, {"detail": detail})
        if not kind.startswith("application/json"):
            return {}, None, self._error(415, "Unsupported media type")
        return dict(request.json()), None, None

    def _validate(self, fields: dict[str, Any], reference: Part | None) -> Response | None:
        known = {"prompt", "model", "seconds", "size"}
        if self.dialect != "openai":
            known |= {"seed", "fps", "num_frames"}
        if extra := set(fields) - known:
            return self._error(400, f"Unknown parameter: {sorted(extra)}", "unknown_parameter")
        if not 1 <= len(fields.get("prompt", "")) <= 32_000:
            return self._error(400, "Invalid 'prompt'", "invalid_value", "prompt")
        if fields.get("model", "sora-2") not in self.models:
            return self._error(400, "Invalid value for 'model'", "invalid_value", "model")
        if self.dialect != "openai":  # the others take what their models can do
            return None
        if fields.get("seconds", "4") not in ("4", "8", "12"):
            text = (
                f"Invalid value: '{fields['seconds']}'. Supported values are: '4', '8', and '12'."
            )
            return self._error(400, text, "invalid_value", "seconds")
        size = fields.get("size", "720x1280")
        if size not in SIZES:
            return self._error(400, f"Invalid value: '{size}'.", "invalid_value", "size")
        return self._validate_reference(reference, size) if reference is not None else None

    def _validate_reference(self, reference: Part, size: str) -> Response | None:
        if reference.content_type not in ("image/png", "image/jpeg", "image/webp"):
            return self._error(400, "unsupported mimetype ('application/octet-stream')")
        with Image.open(BytesIO(reference.data)) as image:
            if f"{image.width}x{image.height}" != size:
                text = "Inpaint image must match the requested width and height"
                return self._error(400, text)
        return None

    def _bill(
        self, fields: dict[str, str], reference: bytes | None, remixed_from: str | None = None
    ) -> Job:
        request = {"model": "sora-2", "seconds": "4", "size": "720x1280"} | fields
        with self._lock:
            self._count += 1
            job_id = f"video_{self._count:08x}"
            fate: Fate = self.fates.popleft() if self.fates else self._fate_by_chance()
            job = Job(job_id, request, time.time(), fate, self.job_seconds, remixed_from, reference)
            self.jobs[job_id] = job
            usd = self.models[request["model"]] * int(request["seconds"])
            self.ledger.charges.append(Charge(job_id, usd, request["prompt"]))
            if fate in ("fail", "moderated") and self.refunds:
                self.ledger.refunds.append(Charge(job_id, usd, request["prompt"]))
        return job

    def _fate_by_chance(self) -> Fate:
        if self._chance is None:
            return "complete"
        dice, probability = self._chance
        return "fail" if dice.random() < probability / 3 else "complete"

    # Status, list, content, delete

    def _state(self, job: Job) -> str:
        age = time.time() - job.created
        if job.fate == "stuck":
            return "in_progress"
        if age < job.seconds_to_do:
            return "queued" if age < job.seconds_to_do / 4 else "in_progress"
        return "failed" if job.fate in ("fail", "moderated") else "completed"

    def _find(self, job_id: str) -> Job | None:
        return self.jobs.get(faults.unwrapped(job_id))

    def _status(self, job_id: str) -> Response:
        def answer() -> Response:
            job = self._find(job_id)
            hidden = job is not None and time.time() - job.created < self.visible_after
            if job is None or hidden or job.fate == "vanish":
                return self._error(404, "Video not found")
            job.polls += 1
            return self._job_answer(job, wrap="status")

        return self._with_fault("status", answer, faults.STATUS_FAULTS)

    def _job_answer(self, job: Job, wrap: str = "create") -> Response:
        body = self._described(job, wrap)
        status = 200
        if self.dialect == "vllm" and wrap == "status" and body["status"] == "failed":
            status = 400 if job.fate == "moderated" else 500
            body["error"]["code"] = status
        return Response(status, body, {"openai-poll-after-ms": "50"})

    def _described(self, job: Job, wrap: str = "create") -> dict[str, Any]:
        state = self._state(job)
        error = None
        if state == "failed":
            error = {"code": "internal_error", "message": "Video generation failed"}
            if job.fate == "moderated":
                error = {"code": "moderation_blocked", "message": "blocked by our moderation"}
        done = min(99, int(100 * (time.time() - job.created) / max(job.seconds_to_do, 1e-6)))
        body: dict[str, Any] = {
            "id": job.id,
            "object": "video",
            "model": job.request["model"],
            "status": state,
            "progress": 100 if state == "completed" else done if state == "in_progress" else 0,
            "created_at": int(job.created),
            "completed_at": int(job.created + job.seconds_to_do) if state == "completed" else None,
            "expires_at": int(job.created) + 3600,
            "prompt": job.request["prompt"],
            "size": job.request["size"],
            "seconds": job.request["seconds"],
            "remixed_from_video_id": job.remixed_from,
            "error": error,
        }
        return self._in_dialect(body, wrap)

    def _in_dialect(self, body: dict[str, Any], wrap: str) -> dict[str, Any]:
        if self.dialect == "sglang":
            del body["prompt"]
            body["url"] = f"{self.url}/../cloud/{body['id']}" if self.cloud_urls else None
            if body["error"]:
                del body["error"]["code"]
        if self.dialect == "litellm":
            body["id"] = faults.wrapped(body["id"], "grp-1" if wrap == "create" else "grp-2")
            if body["status"] in ("queued", "in_progress"):
                body["status"] = "processing"
            if body["status"] == "failed":
                body["status"] = "completed"
        return body

    def _list(self, request: Request) -> Response:
        limit = int(request.query.get("limit", "20"))
        if not 0 <= limit <= 100:
            return self._error(400, "Invalid 'limit'", "invalid_value", "limit")
        if self.list_refused:
            return self._error(self.list_refused, "this key may not list")
        limit = min(limit, self.list_page)
        newest = request.query.get("order", "desc") == "desc" and self.list_sorts
        seen = [j for j in self.jobs.values() if time.time() - j.created >= self.list_lag]
        seen.sort(key=lambda j: (j.created, j.id), reverse=newest)
        if after := request.query.get("after"):
            ids = [j.id for j in seen]
            seen = (
                seen[ids.index(faults.unwrapped(after)) + 1 :]
                if faults.unwrapped(after) in ids
                else []
            )
        page = [self._described(j, "list") for j in seen[:limit]]
        body = {"object": "list", "data": page, "has_more": len(seen) > limit}
        if self.dialect != "sglang":
            body["first_id"] = page[0]["id"] if page else None
            body["last_id"] = page[-1]["id"] if page else None
        else:
            del body["has_more"]
        if not self.list_tells_more:
            body.pop("has_more", None)
        return Response(200, body)

    def _content(self, request: Request, job_id: str) -> Response:
        def answer() -> Response:
            job = self._find(job_id)
            if job is None or job.fate == "vanish":
                return self._error(404, "Video not found")
            if self.dialect == "sglang" and "variant" in request.query:
                return self._error(404, "variant out of range")
            state = self._state(job)
            if state == "failed" or job.fate == "fake_complete":
                return self._error(422, "Video generation failed. Check job status.")
            if state != "completed":
                return self._error(404, "Video is not ready yet. Use GET /v1/videos/{video_id}")
            if self.dialect == "sglang" and self.cloud_urls:
                where = self.url.replace("/v1", f"/cloud/{job.id}")
                return self._error(400, f"Video uploaded to cloud storage, use {where} instead.")
            seconds = int(job.request["seconds"])
            return Response(200, clip_bytes(seconds - 2 if job.fate == "short" else seconds))

        return self._with_fault("content", answer, faults.CONTENT_FAULTS)

    def _delete(self, job_id: str) -> Response:
        job = self._find(job_id)
        if job is None:
            return self._error(404, "Video not found")
        if self._state(job) not in ("completed", "failed"):
            return self._error(400, "Video is still being generated")
        body = self._described(job)
        del self.jobs[job.id]
        if self.dialect == "sglang":
            return Response(200, {**body, "status": "deleted"})
        return Response(200, {"id": body["id"], "object": "video.deleted", "deleted": True})

    # Faults

    def _with_fault(
        self, route: str, answer: Any, choices: tuple[str, ...] = faults.LIST_FAULTS
    ) -> Response:
        fault = self._next_fault(route, choices)
        response: Response = answer()
        if fault == "ok":
            return response
        if fault in ("500", "404", "410", "429", "503"):
            headers = {"retry-after-ms": "80"} if fault == "429" else {}
            return Response(int(fault), self._error(int(fault), "injected").body, headers)
        if fault == "reset":
            return Response(reset=True)
        if fault == "garbage":
            return Response(200, b"<html>gateway</html>", {"content-type": "text/html"})
        if fault == "json":
            return Response(200, {"message": "try again"})
        if fault == "empty":
            return Response(200, b"")
        return faults.bent(fault, response)

    def _error(
        self, status: int, message: str, code: str | None = None, param: str | None = None
    ) -> Response:
        if self.dialect in ("sglang", "vllm"):
            return Response(status, {"detail": message})
        kind = "server_error" if status >= 500 else "invalid_request_error"
        error = {"message": message, "type": kind, "param": param, "code": code}
        return Response(status, {"error": error})
