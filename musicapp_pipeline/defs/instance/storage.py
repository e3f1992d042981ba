"""Dagster's storage: SQLite in the home, or PostgreSQL by ``DATABASE_URL``.

``dagster.yaml`` cannot switch storage on a variable that may be unset; this class can. It is also
the one entry every host process loads at start, so it imports the partition mapping for them.
"""

from collections.abc import Mapping
from typing import Any

from dagster import Field, StringSource
from dagster._core.storage.base_storage import DagsterStorage
from dagster._serdes import ConfigurableClass, ConfigurableClassData

from musicapp_pipeline.defs.partitions import PathPrefixMapping
from musicapp_pipeline.settings import Settings

__all__ = ["AutoStorage", "PathPrefixMapping"]


class AutoStorage(DagsterStorage, ConfigurableClass):
    """Chooses when it is configured; what it returns is one of Dagster's own storages."""

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        return {"base_dir": Field(StringSource)}

    @classmethod
    def from_config_value(  # type: ignore[override]  # it returns one of Dagster's own storages
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> DagsterStorage:
        settings = Settings.load()
        if settings.database_url and settings.sqlalchemy_url.startswith("postgresql"):
            from dagster_postgres.storage import DagsterPostgresStorage

            from musicapp_pipeline.defs.instance.postgres_storage import dagster_url

            postgres: DagsterStorage = DagsterPostgresStorage(
                dagster_url(settings.sqlalchemy_url), inst_data=inst_data
            )
            return postgres
        from musicapp_pipeline.defs.instance.sqlite_storage import KeptSqliteStorage

        return KeptSqliteStorage(config_value["base_dir"], inst_data=inst_data)
