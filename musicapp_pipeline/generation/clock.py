"""What time it is, for all workers alike.

Leases, waits and "it can no longer be on its way" are agreed on between machines whose clocks may
differ; the database has one clock for all of them.
"""

from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

_SQLITE = text("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')")
_POSTGRES = text("SELECT clock_timestamp() AT TIME ZONE 'UTC'")


def moment(session: Session) -> datetime:
    """The current moment by the database's clock, aware, in UTC."""
    if session.get_bind().dialect.name == "sqlite":
        told = datetime.fromisoformat(str(session.scalar(_SQLITE)))
    else:
        told = session.execute(_POSTGRES).scalar_one()
    return told.replace(tzinfo=UTC)
