"""Projects, scenes and takes as dynamic partitions whose keys are paths, and how they map.

A scene's key starts with its project's, a take's with its scene's. Dagster drops custom partition
mappings on the way to the webserver and the daemon; a subclass of a built-in one, registered for
serialisation and imported by every host process (``storage.custom`` of ``dagster.yaml`` names a
module that imports this one), survives. An out-of-process test keeps this true.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import dagster as dg
from dagster._core.definitions.partitions.mapping.partition_mapping import (
    UpstreamPartitionsResult,
)
from dagster._core.definitions.partitions.subset import PartitionsSubset
from dagster._core.definitions.partitions.subset.default import DefaultPartitionsSubset
from dagster._serdes import whitelist_for_serdes

PROJECTS = dg.DynamicPartitionsDefinition(name="projects")
SCENES = dg.DynamicPartitionsDefinition(name="scenes")
TAKES = dg.DynamicPartitionsDefinition(name="takes")

BY_LEVEL = {"project": PROJECTS, "scene": SCENES, "take": TAKES}


@whitelist_for_serdes
class PathPrefixMapping(dg.IdentityPartitionMapping):
    """Two keys belong together when one is a path prefix of the other."""

    def validate_partition_mapping(
        self,
        upstream_partitions_def: dg.PartitionsDefinition,
        downstream_partitions_def: dg.PartitionsDefinition | None,
    ) -> None:
        """Any two levels fit."""

    def get_downstream_partitions_for_partitions(
        self,
        upstream_partitions_subset: PartitionsSubset,
        upstream_partitions_def: dg.PartitionsDefinition,
        downstream_partitions_def: dg.PartitionsDefinition,
        current_time: datetime | None = None,
        dynamic_partitions_store: Any = None,
    ) -> PartitionsSubset:
        known = downstream_partitions_def.get_partition_keys(current_time, dynamic_partitions_store)
        keys = related(upstream_partitions_subset.get_partition_keys(), known)
        return downstream_partitions_def.subset_with_partition_keys(keys)

    def get_upstream_mapped_partitions_result_for_partitions(
        self,
        downstream_partitions_subset: PartitionsSubset | None,
        downstream_partitions_def: dg.PartitionsDefinition | None,
        upstream_partitions_def: dg.PartitionsDefinition,
        current_time: datetime | None = None,
        dynamic_partitions_store: Any = None,
    ) -> UpstreamPartitionsResult:
        wanted = (
            downstream_partitions_subset.get_partition_keys()
            if downstream_partitions_subset
            else ()
        )
        known = upstream_partitions_def.get_partition_keys(current_time, dynamic_partitions_store)
        return UpstreamPartitionsResult(
            partitions_subset=upstream_partitions_def.subset_with_partition_keys(
                related(wanted, known)
            ),
            required_but_nonexistent_subset=DefaultPartitionsSubset(set()),
        )

    @property
    def description(self) -> str:
        return "A project, its scenes and their takes belong together by the path of their keys."


def related(keys: Iterable[str], others: Iterable[str]) -> set[str]:
    """Those of ``others`` that are above, below or equal to one of ``keys``."""
    wanted = set(keys)
    above = {p for key in wanted for p in parents(key)}
    return {o for o in others if o in wanted or o in above or not wanted.isdisjoint(parents(o))}


def parents(key: str) -> list[str]:
    """``p/s/t`` → ``p``, ``p/s``."""
    parts = key.split("/")
    return ["/".join(parts[:n]) for n in range(1, len(parts))]
