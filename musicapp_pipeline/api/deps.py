"""What endpoints ask for, by short names."""

from typing import Annotated

from fastapi import Depends, Path, Request

from musicapp_pipeline.api.access.caller import Caller
from musicapp_pipeline.api.context import AppContext


# Asynchronous, or each would be called in a thread of its own.
async def get_context(request: Request) -> AppContext:
    """The application's context."""
    context: AppContext = request.app.state.context
    return context


async def get_caller(request: Request) -> Caller:
    """Who was let in by the gate."""
    caller: Caller = request.state.caller
    return caller


Context = Annotated[AppContext, Depends(get_context)]
Who = Annotated[Caller, Depends(get_caller)]
ProjectId = Annotated[str, Path(max_length=120, examples=["eternal-flame-k3m9x2"])]
SceneId = Annotated[str, Path(max_length=120, examples=["s007-k3m9x2"])]
VersionId = Annotated[str, Path(max_length=120, examples=["v-k3m9x2p7qa4t"])]
CharacterId = Annotated[str, Path(max_length=120, examples=["c-k3m9x2p7qa4t"])]
JobId = Annotated[str, Path(max_length=120, examples=["job-k3m9x2p7qa4t"])]
