"""``/api/projects/{projectId}/characters``."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from musicapp_pipeline.api.access.ownership import character_of, project_of
from musicapp_pipeline.api.characters import service
from musicapp_pipeline.api.characters.schemas import (
    CharacterCreate,
    CharacterRead,
    CharacterUpdate,
)
from musicapp_pipeline.api.deps import CharacterId, Context, ProjectId, Who
from musicapp_pipeline.api.kit.etags import IfMatch, check_match, tag, tagged
from musicapp_pipeline.api.kit.once import OnlyOnce
from musicapp_pipeline.api.problems import problems

router = APIRouter(prefix="/api/projects/{project_id}/characters", tags=["characters"])


@router.post("", status_code=201, response_model=CharacterRead, responses=problems(404, 409))
def create_character(
    project_id: ProjectId,
    body: CharacterCreate,
    request: Request,
    context: Context,
    who: Who,
    once: OnlyOnce,
) -> Response:
    """Create a persistent character. A new primary one takes the place of the former."""

    def work(session: Session) -> CharacterRead:
        project = project_of(session, who, project_id, lock=True)
        made = service.create(session, context, who, project, body, {request.url.netloc})
        return service.read(session, who, made)

    return once.run(
        201,
        work,
        lambda made: {
            "Location": f"/api/projects/{project_id}/characters/{made.id}",
            **tagged(made),
        },
    )


@router.get("", responses=problems(404))
def list_characters(project_id: ProjectId, context: Context, who: Who) -> list[CharacterRead]:
    """All characters, the primary one first."""
    with context.database.read() as session:
        project_of(session, who, project_id)
        return service.read_all(session, who, project_id)


@router.get("/{character_id}", responses=problems(404))
def get_character(
    project_id: ProjectId,
    character_id: CharacterId,
    response: Response,
    context: Context,
    who: Who,
) -> CharacterRead:
    """One character."""
    with context.database.read() as session:
        character = character_of(session, who, project_id, character_id)
        tag(response, character.revision)
        return service.read(session, who, character)


@router.put("/{character_id}", responses=problems(404, 409, 412))
def update_character(
    project_id: ProjectId,
    character_id: CharacterId,
    body: CharacterUpdate,
    request: Request,
    response: Response,
    context: Context,
    who: Who,
    if_match: IfMatch = None,
) -> CharacterRead:
    """Change a character; takes made before keep the prompt they were made with."""
    with context.database.write() as session:
        character = character_of(session, who, project_id, character_id, lock=True)
        service.update(session, context, who, character, body, if_match, {request.url.netloc})
        tag(response, character.revision)
        return service.read(session, who, character)


@router.delete("/{character_id}", status_code=204, responses=problems(404, 409, 412))
def delete_character(
    project_id: ProjectId,
    character_id: CharacterId,
    context: Context,
    who: Who,
    force: Annotated[
        bool, Query(description="Take it out of the scenes that use it, too.")
    ] = False,
    if_match: IfMatch = None,
) -> None:
    """Delete a character. When scenes use it the answer is 409 and names them."""
    with context.database.write() as session:
        character = character_of(session, who, project_id, character_id, lock=True)
        check_match(if_match, character.revision)
        service.delete(session, character, force=force)
