"""What happens to characters."""

from collections.abc import Collection

from sqlalchemy import update as sql_update
from sqlalchemy.orm import Session

from musicapp_pipeline.api.access.caller import Caller
from musicapp_pipeline.api.characters.queries import appearances, casting
from musicapp_pipeline.api.characters.schemas import (
    CharacterCreate,
    CharacterRead,
    CharacterUpdate,
)
from musicapp_pipeline.api.context import AppContext
from musicapp_pipeline.api.errors import InTheWay
from musicapp_pipeline.api.kit.etags import check_match
from musicapp_pipeline.api.uploads.sources import source_of
from musicapp_pipeline.store import events, ids, projects, scenes
from musicapp_pipeline.store.models import Character, Project


def create(
    session: Session,
    context: AppContext,
    who: Caller,
    project: Project,
    body: CharacterCreate,
    own_hosts: Collection[str],
) -> Character:
    """A new character of a project that is locked."""
    character = Character(
        id=ids.new_id("c"),
        project_id=project.id,
        name=body.name,
        description=body.description,
        bible=body.bible or {},
        is_primary=body.is_primary,
    )
    _set_reference(session, context, who, character, body.reference_image_url, own_hosts)
    if body.is_primary:
        _only_primary(session, character)
    session.add(character)
    session.flush()
    _tell(session, character)
    return character


def update(
    session: Session,
    context: AppContext,
    who: Caller,
    character: Character,
    body: CharacterUpdate,
    if_match: str | None,
    own_hosts: Collection[str],
) -> None:
    """Change what was sent."""
    check_match(if_match, character.revision)
    before = _written(character)
    changes = body.changes()
    if "reference_image_url" in changes:
        url = changes.pop("reference_image_url")
        _set_reference(session, context, who, character, url, own_hosts)
    if changes.get("is_primary"):
        _only_primary(session, character)
    for name, value in changes.items():
        setattr(character, name, value)
    if _written(character) != before:  # another tab's edit must not fail for nothing
        character.revision += 1
        session.flush()
        _tell(session, character)


def delete(session: Session, character: Character, *, force: bool) -> None:
    """Remove a character.

    Args:
        force: also take it out of the scenes that use it.

    Raises:
        InTheWay: scenes use it; names them.
    """
    used = [
        scene
        for scene, cast in casting(session, character.project_id)
        if character.id in cast
        or (character.is_primary and not cast and scene.scene_type == "performance")
    ]
    if used and not force:
        raise InTheWay(
            f"{character.name} is in {len(used)} scenes; repeat with ?force=true to take it out of"
            " them (finished takes stay as they are)",
            field="characterId",
            value=character.id,
            errors=[
                {"field": "sceneId", "message": f"scene {s.order} shows it", "value": s.id}
                for s in used
            ],
        )
    for scene in used:
        if character.id in scene.character_ids:
            scene.character_ids = [c for c in scene.character_ids if c != character.id]
            scene.revision += 1
            scenes.tell(session, scene)
    session.delete(character)
    events.tell(session, character.project_id, "character", id=character.id, deleted=True)


def read_all(session: Session, who: Caller, project_id: str) -> list[CharacterRead]:
    """The project's characters, the primary one first."""
    cast = projects.characters(session, project_id)
    counts = appearances(session, project_id, cast)
    return [_read(who, character, counts[character.id]) for character in cast]


def read(session: Session, who: Caller, character: Character) -> CharacterRead:
    """A character as it is shown."""
    cast = projects.characters(session, character.project_id)
    counts = appearances(session, character.project_id, cast)
    return _read(who, character, counts[character.id])


def _read(who: Caller, character: Character, count: int) -> CharacterRead:
    return CharacterRead(
        id=character.id,
        project_id=character.project_id,
        name=character.name,
        description=character.description,
        bible=character.bible,
        reference_image_url=who.followable(character.reference_image_url),
        is_primary=character.is_primary,
        appearance_count=count,
        revision=character.revision,
        created_at=character.created_at,
        updated_at=character.updated_at,
    )


def _set_reference(
    session: Session,
    context: AppContext,
    who: Caller,
    character: Character,
    url: str | None,
    own_hosts: Collection[str],
) -> None:
    if url is None:
        character.reference_image_url = character.reference_image_key = None
        return
    source = source_of(
        session, context, who, url, ("image",), field="referenceImageUrl", own_hosts=own_hosts
    )
    if source.url != character.reference_image_url:
        character.reference_image_url = source.url
        character.reference_image_key = source.key


def _written(character: Character) -> list[object]:
    """What a person can change of a character."""
    return [getattr(character, name) for name in CharacterUpdate.model_fields]


def _only_primary(session: Session, character: Character) -> None:
    """A project has one primary character: the newest choice wins."""
    session.execute(
        sql_update(Character)
        .where(
            Character.project_id == character.project_id,
            Character.id != character.id,
            Character.is_primary.is_(True),
        )
        .values(is_primary=False, revision=Character.revision + 1)
    )


def _tell(session: Session, character: Character) -> None:
    events.tell(session, character.project_id, "character", id=character.id)
