"""The ``musicapp`` command."""

from musicapp_pipeline.cli.main import main

__all__ = ["main"]
