"""The warm workers' Celery application, named by ``celery -A``."""

from dagster_celery.make_app import make_app
from dagster_celery.tasks import create_execute_job_task, create_resume_job_task

from musicapp_pipeline.defs.instance.broker import celery_settings
from musicapp_pipeline.settings import Settings

_configured = celery_settings(Settings.load())
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
