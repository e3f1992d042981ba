"""The warm workers' Celery application, named by ``celery -A``.

A message is gone once it is read, and loading the code for a first run takes seconds. So the worker
beats for a run from the moment it has the message, not only while a body runs: whenever it is
killed, somebody notices.
"""

import os
from typing import Any

from celery.signals import setup_logging, task_postrun, task_prerun, worker_init
from dagster._grpc.types import ExecuteRunArgs, ResumeRunArgs
from dagster._serdes import unpack_value
from dagster_celery.make_app import make_app
from dagster_celery.tasks import create_execute_job_task, create_resume_job_task

from musicapp_pipeline import logs
from musicapp_pipeline.defs.bench import workbench
from musicapp_pipeline.defs.heartbeat import Heartbeat
from musicapp_pipeline.defs.instance.broker import celery_settings
from musicapp_pipeline.defs.instance.worker_beat import Beat, listen, step_of
from musicapp_pipeline.settings import Settings

_settings = Settings.load()
# Runs bring their instance along, whose storage asks for this; nobody else sets it for a worker
# that is started alone.
os.environ["DAGSTER_HOME"] = str(_settings.home / "dagster")
_configured = celery_settings(_settings)
app = make_app(  # type: ignore[no-untyped-call]  # the library is not annotated
    app_args={
        "broker": _configured["broker_url"],
        "backend": _configured["result_backend"],
        "config_source": _configured,
        "task_default_queue": _configured["task_default_queue"],
    }
)
execute_job = create_execute_job_task(app)
resume_job = create_resume_job_task(app)

_hearts: dict[str, Heartbeat] = {}
"""By Celery's task id."""
_beat = Beat(busy=lambda: bool(_hearts))
app.steps["consumer"].add(step_of(_beat))


@worker_init.connect(weak=False)
def tell_the_supervisor(**_celerys: Any) -> None:
    """This process is a worker, and lives."""
    listen(_beat)


@setup_logging.connect(weak=False)
def log_like_the_others(**_celerys: Any) -> None:
    """Celery leaves logging alone where somebody listens to this."""
    logs.configure(Settings.load().log_level)


@task_prerun.connect(weak=False)
def begin_beating(task_id: str, kwargs: dict[str, Any], **_rest: Any) -> None:
    """The message of a run has arrived."""
    heartbeat = Heartbeat(workbench().database, _run_id(kwargs))
    heartbeat.start()
    _hearts[task_id] = heartbeat


@task_postrun.connect(weak=False)
def end_beating(task_id: str, **_rest: Any) -> None:
    """The run has ended, whichever way."""
    heartbeat = _hearts.pop(task_id, None)
    if heartbeat is not None:
        heartbeat.stop()


def _run_id(message: dict[str, Any]) -> str:
    [packed] = message.values()
    args = unpack_value(packed, as_type=(ExecuteRunArgs, ResumeRunArgs))
    return str(args.run_id)
