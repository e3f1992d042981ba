"""The Dagster home inside ours, and opening it from this process."""

import os
from pathlib import Path

import dagster as dg
from dagster._core.instance import InstanceRef
from filelock import FileLock

from musicapp_pipeline.settings import Settings


def dagster_home(settings: Settings) -> Path:
    """``<home>/dagster``, made ready: our ``dagster.yaml`` in it and its tables created.

    Several processes opening a fresh SQLite home at once break it for good, so one does it first.
    """
    home = settings.home / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    target, source = home / "dagster.yaml", packaged_yaml()
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "yes")
    with FileLock(f"{home}/.init.lock"):
        if not target.exists() or target.read_bytes() != source.read_bytes():
            temporary = target.with_suffix(".tmp")
            temporary.write_bytes(source.read_bytes())
            temporary.replace(target)
        marker = home / ".initialised-2"
        if not marker.exists():
            os.environ["DAGSTER_HOME"] = str(home)
            with dg.DagsterInstance.get() as instance:
                instance.get_runs(limit=1)
                instance.get_dynamic_partitions("projects")
                instance.all_instigator_state()
            marker.touch()
    os.environ["DAGSTER_HOME"] = str(home)
    return home


def open_instance(settings: Settings) -> dg.DagsterInstance:
    """The instance for work in this very process; it does not take over standard output."""
    home = dagster_home(settings)
    ref = InstanceRef.from_dir(
        str(home),
        overrides={
            "compute_logs": {
                "module": "dagster._core.storage.noop_compute_log_manager",
                "class": "NoOpComputeLogManager",
                "config": {},
            }
        },
    )
    return dg.DagsterInstance.from_ref(ref)


def packaged_yaml() -> Path:
    """``dagster.yaml``: beside this module in a wheel, at the top of the tree in a checkout."""
    here = Path(__file__).resolve()
    packaged = here.with_name("dagster.yaml")
    return packaged if packaged.exists() else here.parents[3] / "dagster.yaml"
