"""Where Dagster's tables are on a PostgreSQL that holds ours, too.

PostgreSQL looks into a schema of the role's own name first. Were Dagster's schema left to that, a
role called like ours would show it our ``alembic_version``, and nothing could start.
"""

from functools import lru_cache

from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.engine import make_url

from musicapp_pipeline.store.database import PG_SCHEMA, pg_options
from musicapp_pipeline.store.migrate import ADVISORY_LOCK, make_schema

DAGSTER_SCHEMA = "dagster"
_HELD_BY = text("SELECT relnamespace::regnamespace FROM pg_class WHERE oid = to_regclass(:name)")


@lru_cache(maxsize=4)
def dagster_url(url: str) -> str:
    """The address with Dagster's schema in it; that is there then."""
    options = pg_options(url, f"-csearch_path={_schema(url)}")
    named = make_url(url).update_query_dict({"options": options})
    return named.render_as_string(hide_password=False)


def _schema(url: str) -> str:
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": ADVISORY_LOCK})
        # A database of before stays as it is, wherever the role's path led.
        older = connection.scalar(_HELD_BY, {"name": "event_logs"})
        if older is not None and older != PG_SCHEMA:
            return str(older)
        make_schema(connection, DAGSTER_SCHEMA)
        return DAGSTER_SCHEMA
