"""All tables."""

from musicapp_pipeline.store.models.access import IdempotencyKey, Upload
from musicapp_pipeline.store.models.base import Base, now
from musicapp_pipeline.store.models.facade import (
    EventCursor,
    ExternalClip,
    LipSyncEdit,
    WebhookDelivery,
    WebhookEndpoint,
)
from musicapp_pipeline.store.models.money import (
    GenerationAttempt,
    ProviderEvent,
    ProviderGate,
    SpendEntry,
)
from musicapp_pipeline.store.models.project import Character, Project, Storyboard
from musicapp_pipeline.store.models.scene import Artifact, Scene, SceneVersion
from musicapp_pipeline.store.models.work import Export, ProcessingJob, ProjectEvent, RunBeat

__all__ = [
    "Artifact",
    "Base",
    "Character",
    "EventCursor",
    "Export",
    "ExternalClip",
    "GenerationAttempt",
    "IdempotencyKey",
    "LipSyncEdit",
    "ProcessingJob",
    "Project",
    "ProjectEvent",
    "ProviderEvent",
    "ProviderGate",
    "RunBeat",
    "Scene",
    "SceneVersion",
    "SpendEntry",
    "Storyboard",
    "Upload",
    "WebhookDelivery",
    "WebhookEndpoint",
    "now",
]
