"""Where Celery's messages go: Redis when there is one, else a folder of the home.

The job table, not the broker, is the truth: a folder broker deletes a message on reading it.
"""

from typing import Any

from musicapp_pipeline.settings import Settings


def celery_settings(settings: Settings) -> dict[str, Any]:
    """Celery's configuration, the same for the launcher and the workers."""
    common = {
        # With late acknowledgement and prefetch 1 a busy worker holds no message that would be
        # lost with it.
        "task_acks_late": True,
        "worker_prefetch_multiplier": 1,
        "worker_hijack_root_logger": False,
        "broker_connection_retry_on_startup": True,
        "task_default_queue": settings.redis_queue_name,
    }
    if settings.redis_url:
        return {
            "broker_url": settings.redis_url,
            "result_backend": settings.redis_url,
            "broker_transport_options": {"visibility_timeout": 24 * 3600},
            **common,
        }
    from kombu.transport import TRANSPORT_ALIASES

    TRANSPORT_ALIASES["folder"] = "musicapp_pipeline.defs.instance.folder:FolderTransport"
    base = settings.home / "celery"
    folders = {name: base / name for name in ("queue", "control", "results")}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    return {
        "broker_url": "folder://",
        "result_backend": f"file://{folders['results'].as_posix()}",
        "broker_transport_options": {
            "data_folder_in": str(folders["queue"]),
            "data_folder_out": str(folders["queue"]),
            "control_folder": str(folders["control"]),
            "polling_interval": 0.2,
        },
        **common,
    }
