"""An in-process client: the application's lifespan runs, and no socket is opened."""

from types import TracebackType
from typing import Any, Self

from fastapi import FastAPI
from starlette.testclient import TestClient

Api = TestClient


class Client:
    """Starts and stops the application around a synchronous client."""

    def __init__(self, app: FastAPI, **kwargs: Any) -> None:
        self.app = app
        self._test = TestClient(
            app,
            base_url="http://127.0.0.1:3000",
            raise_server_exceptions=False,
            **{"client": ("127.0.0.1", 50_000), **kwargs},
        )

    @property
    def http(self) -> Api:
        return self._test

    def __enter__(self) -> Self:
        self._test.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._test.__exit__(kind, error, trace)
