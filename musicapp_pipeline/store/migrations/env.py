"""Alembic's entry: runs on the connection that ``migrate`` hands over."""

from typing import Any, Literal

from alembic import context

from musicapp_pipeline.store.models import Base


def plain_types(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Migrations name the stored type, so that they never depend on later code."""
    if kind == "type" and type(item).__module__.startswith("musicapp_pipeline"):
        return f"sa.{type(item.impl_instance).__name__}()"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=True,
    render_item=plain_types,
)
with context.begin_transaction():
    context.run_migrations()
