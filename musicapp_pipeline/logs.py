"""Structured logging: one JSON object a line when piped, coloured text on a terminal.

A traceback never shows local variables: they hold tokens, keys and the headers of requests. That
also holds in processes of Dagster and Celery that call nothing here but :func:`get`.
"""

import logging
import sys

import structlog

_SHARED: tuple[structlog.typing.Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
)


def configure(level: str = "info") -> None:
    """Send structlog and the standard library's loggers to standard error at ``level``."""
    shared = [*_SHARED, structlog.stdlib.add_logger_name]
    if not sys.stderr.isatty():
        shared.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processor=_renderer())
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # These say at INFO what only their authors need to know.
    chatty = ("alembic", "botocore", "celery", "httpx", "httpcore", "kombu", "urllib3", "numba")
    for name in (*chatty, "matplotlib"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def get(name: str) -> structlog.stdlib.BoundLogger:
    """A logger whose keyword arguments become fields."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def _renderer() -> structlog.typing.Processor:
    if not sys.stderr.isatty():
        return structlog.processors.JSONRenderer()
    # The default formatter prints every local variable wherever `rich` is installed.
    return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)


def _unconfigured(*_arguments: object) -> structlog.PrintLogger:
    return structlog.PrintLogger(sys.stderr)


if not structlog.is_configured():
    structlog.configure(
        processors=[*_SHARED, structlog.processors.format_exc_info, _renderer()],
        logger_factory=_unconfigured,
        cache_logger_on_first_use=False,
    )
