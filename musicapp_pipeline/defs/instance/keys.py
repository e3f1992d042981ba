"""Which take keys a run is about, read from its tags."""

from collections.abc import Mapping
from typing import Any

PARTITION = "dagster/partition"
RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"


def keys_of(instance: Any, tags: Mapping[str, str], level: str = "takes") -> list[str]:
    """The partition keys of a run; ranges follow the order in which keys were added."""
    if PARTITION in tags:
        return [tags[PARTITION]]
    if RANGE_START not in tags:
        return []
    known = list(instance.get_dynamic_partitions(level))
    try:
        first, last = known.index(tags[RANGE_START]), known.index(tags[RANGE_END])
    except ValueError:
        return []
    return known[first : last + 1]


def is_generation(run: Any) -> bool:
    """Does this run ask for clips, which may have to be waited and paid for?"""
    return any(key.path == ["clip"] for key in run.asset_selection or ())
