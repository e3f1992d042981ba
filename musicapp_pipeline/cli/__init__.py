"""The ``musicapp`` command."""

from musicapp_pipeline.cli.entry import main

__all__ = ["main"]
