"""``/``: the documentation."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from musicapp_pipeline.api.docs.page import render

router = APIRouter(include_in_schema=False)
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


@router.get("/")
def show_docs(request: Request) -> HTMLResponse:
    """The API's documentation."""
    page = render(request.app.openapi())
    return HTMLResponse(page, headers={"Content-Security-Policy": POLICY})
