"""What analytics look like from outside."""

from pydantic import ConfigDict

from musicapp_pipeline.api.kit.models import Output, Usd


class ProjectCost(Output):
    """What one project cost."""

    project_id: str
    title: str
    actual_cost_usd: Usd


class Scores(Output):
    """Averages of what people and measurements say; null where nothing was scored."""

    user_score: float | None
    """0 to 5."""
    quality_score: float | None
    character_consistency: float | None
    mouth_visibility: float | None
    rated_takes: int


class ProviderHealth(Output):
    """How reliable one model of one provider was."""

    provider: str
    model: str
    attempts: int
    completed: int
    failed: int
    under_way: int
    unknown: int
    """Nobody knows whether they were bought."""
    stuck: int
    """Bought, and not delivered in time."""
    reliability: float | None
    """Completed of those that ended at the provider."""
    uptime: float | None
    """Hours in which it accepted or finished something, of hours in which it was asked."""
    median_seconds: float | None


class Analytics(Output):
    """Cost, speed, satisfaction and reliability."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "projects": 1,
                    "scenes": 22,
                    "takes": 31,
                    "actualCostUsd": 14.4,
                    "simulatedCostUsd": 0.0,
                    "costPerProject": [
                        {
                            "projectId": "eternal-flame-k3m9x2",
                            "title": "Eternal Flame",
                            "actualCostUsd": 14.4,
                        }
                    ],
                    "medianGenerationSecondsPerScene": 134.2,
                    "averageScores": {
                        "userScore": 4.2,
                        "qualityScore": 0.81,
                        "characterConsistency": None,
                        "mouthVisibility": 0.77,
                        "ratedTakes": 18,
                    },
                    "providers": [
                        {
                            "provider": "videos_api",
                            "model": "sora-2",
                            "attempts": 33,
                            "completed": 31,
                            "failed": 2,
                            "underWay": 0,
                            "unknown": 0,
                            "stuck": 0,
                            "reliability": 0.9394,
                            "uptime": 1.0,
                            "medianSeconds": 118.0,
                        }
                    ],
                }
            ]
        }
    )

    projects: int
    scenes: int
    takes: int
    actual_cost_usd: Usd
    simulated_cost_usd: Usd
    """The part of it that the mock provider only pretended to charge."""
    cost_per_project: list[ProjectCost]
    """The hundred that cost most."""
    median_generation_seconds_per_scene: float | None
    """From the first request to the first finished clip."""
    average_scores: Scores
    providers: list[ProviderHealth]
