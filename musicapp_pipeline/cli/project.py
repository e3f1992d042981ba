"""Finding or making the project that a command line means."""

import dagster as dg

from musicapp_pipeline.cli.options import Order
from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.defs.song.ingest import ingest_file
from musicapp_pipeline.defs.telling import forget
from musicapp_pipeline.store import artifacts, ids, projects
from musicapp_pipeline.store.models import Character, Project


def find_or_create(bench: Workbench, order: Order) -> Project:
    """The same song and options find the same project again, with all that was made for it."""
    options = order.options
    with bench.database.read() as session:
        found = projects.by_client_key(session, order.identity) or projects.by_client_key(
            session, order.as_typed
        )
    if found is None:
        bench.capabilities(options.model)  # an unknown model is named before anything is kept
    # Kept under their contents' names: copied again only if they are gone.
    audio_key = ingest_file(bench, options.song, "uploads")
    picture = ingest_file(bench, options.reference, "uploads") if options.reference else None
    if found is None:
        with bench.database.write() as session:
            found = projects.create(
                session, order.new, audio_key=audio_key, client_key=order.identity
            )
            if picture is not None:
                session.add(_performer(found, picture))
    with bench.database.write() as session:
        project = projects.get(session, found.id, lock=True)
        # The cap may be raised for a second run.
        project.budget_cap_usd = order.new.budget_cap_usd
    return project


def discard_unheard(bench: Workbench, instance: dg.DagsterInstance, project_id: str) -> None:
    """A song that cannot even be decoded leaves no project, no copy and no partition behind."""
    with bench.database.write() as session:
        if artifacts.count(session, project_id):
            return
        project = projects.get(session, project_id)
        keys = [project.audio_key, *(c.reference_image_key for c in project.characters)]
        projects.archive(session, project)
    for key in keys:
        if key is not None:
            bench.media.delete(key)
    forget(instance, project_id)


def _performer(project: Project, picture: str) -> Character:
    return Character(
        id=ids.new_id("ch"),
        project_id=project.id,
        name="The singer",
        description="Lead performer",
        bible={},
        reference_image_url=None,
        reference_image_key=picture,
        is_primary=True,
    )
