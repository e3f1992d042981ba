"""``/api/session``: a cookie for what cannot send headers."""

from fastapi import APIRouter, Request, Response

from musicapp_pipeline.api.access.gate import COOKIE
from musicapp_pipeline.api.access.tokens import COOKIE_SECONDS, TokenBook
from musicapp_pipeline.api.deps import Who

router = APIRouter(prefix="/api/session", tags=["access"])


@router.post("", status_code=204)
def create_session(request: Request, response: Response, who: Who) -> None:
    """Exchange the bearer token for a cookie, so that a browser's `<video>`, `<img>` and
    `EventSource` may read. The cookie cannot change anything: writing needs the token."""
    tokens: TokenBook = request.app.state.tokens
    if who.token is None:
        return  # without tokens everybody on this machine is let in
    response.set_cookie(
        COOKIE,
        tokens.cookie(who.token),
        max_age=COOKIE_SECONDS,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
        path="/",
    )


@router.delete("", status_code=204)
def end_session(response: Response) -> None:
    """Forget the cookie."""
    response.delete_cookie(COOKIE, path="/")
