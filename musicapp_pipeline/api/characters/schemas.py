"""What characters look like from outside."""

from typing import Any

from pydantic import ConfigDict, Field

from musicapp_pipeline.api.kit.models import Changes, Input, JsonObject, Moment, Output, Text

EXAMPLE: dict[str, Any] = {
    "name": "TZELEM",
    "description": "Main protagonist",
    "bible": {
        "face": "tan skin, sharp jawline",
        "signature": "diamond grill, layered chains",
        "wardrobe_lock": "black hoodie + silver jewelry",
        "dos": ["same face structure", "same hair"],
        "donts": ["no hat change", "no beard"],
    },
    "referenceImageUrl": "s3://bucket/tzelem.png",
    "isPrimary": True,
}


class CharacterCreate(Input):
    """A new character; ``bible`` is free JSON, of which the prompt uses face, signature,
    wardrobe_lock, dos and donts first."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    name: Text = Field(min_length=1, max_length=200)
    description: Text = Field("", max_length=2000)
    bible: JsonObject | None = None
    reference_image_url: Text | None = Field(None, min_length=1, max_length=4000)
    is_primary: bool = False


class CharacterUpdate(Changes):
    """Changes of a character; absent fields stay as they are."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"description": "The rival"}]})
    nullable = frozenset({"reference_image_url"})

    name: Text | None = Field(None, min_length=1, max_length=200)
    description: Text | None = Field(None, max_length=2000)
    bible: JsonObject | None = None
    reference_image_url: Text | None = Field(None, min_length=1, max_length=4000)
    is_primary: bool | None = None


class CharacterRead(Output):
    """A character and how often it appears."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **EXAMPLE,
                    "id": "c-k3m9x2p7qa4t",
                    "projectId": "eternal-flame-k3m9x2",
                    "appearanceCount": 7,
                    "revision": 1,
                    "createdAt": "2026-11-22T13:00:00Z",
                    "updatedAt": "2026-11-22T13:00:00Z",
                }
            ]
        }
    )

    id: str
    project_id: str
    name: str
    description: str
    bible: JsonObject
    reference_image_url: str | None
    is_primary: bool
    appearance_count: int
    revision: int
    created_at: Moment
    updated_at: Moment
