"""What the facade asks of the orchestrator. The facade itself knows no Dagster."""

from typing import Protocol


class Launcher(Protocol):
    """Starts and stops runs. No method raises when the orchestrator is away.

    Jobs are in the database before any of this is called, so that a safety net can launch what
    could not be launched here.
    """

    async def launch(self, job_id: str) -> str | None:
        """Start the run of a queued job.

        Returns:
            The run's id, or None when the orchestrator is away or the job was launched before.
        """
        ...

    async def cancel(self, run_id: str) -> None:
        """Stop a run that has not begun; a running one sees its job's flag by itself."""
        ...

    async def landed(self, take_key: str) -> None:
        """A take's clip is in the media store: verify, conform and record it."""
        ...

    async def changed(self, project_id: str) -> None:
        """Scenes were added, moved or archived, or a take was selected."""
        ...

    async def ready(self) -> bool:
        """Does the orchestrator answer?"""
        ...

    def run_url(self, run_id: str) -> str | None:
        """Where a person can look at a run."""
        ...
