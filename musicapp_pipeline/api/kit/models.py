"""Bases and field types of everything that crosses the API: camelCase out, strict in."""

import math
from datetime import datetime
from decimal import Decimal
from types import UnionType
from typing import Annotated, Any, ClassVar, Union, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    JsonValue,
    PlainSerializer,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

MAX_DEPTH = 8
NAMES = {bool: "true or false", str: "text"}


class Output(BaseModel):
    """What the API answers."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        frozen=True,
    )


class Plain(BaseModel):
    """Numbers are numbers: ``true`` is not one take, and ``"2"`` not two."""

    @field_validator("*", mode="before")
    @classmethod
    def _numbers(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, bool | str):
            kinds = _kinds(cls.model_fields[info.field_name or ""].annotation)
            if kinds & {int, float, Decimal} and not kinds & {type(value)}:
                raise ValueError(f"must be a number, not {NAMES[type(value)]}")
        return value


class Input(Plain):
    """What a client sends; unknown fields are refused, because a typo may cost money."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=False,
        validate_by_alias=True,
        serialize_by_alias=True,
        frozen=True,
        extra="forbid",
        str_strip_whitespace=True,
    )


class Changes(Input):
    """Changes of a record: absent fields stay as they are, and only ``nullable`` ones may be
    set to null."""

    nullable: ClassVar[frozenset[str]] = frozenset()

    @field_validator("*", mode="before")
    @classmethod
    def _no_nulls(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None and info.field_name not in cls.nullable:
            raise ValueError("cannot be null; leave it out to keep it")
        return value

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler.resolve_ref_schema(handler(core_schema))
        keep = {to_camel(name) for name in cls.nullable}
        for name, entry in schema.get("properties", {}).items():
            if name not in keep and "anyOf" in entry:
                entry["anyOf"] = [s for s in entry["anyOf"] if s.get("type") != "null"]
            entry.pop("default", None)
        return schema

    def changes(self) -> dict[str, Any]:
        """The fields that were sent, by their names here."""
        return {name: getattr(self, name) for name in self.model_fields_set}


def _kinds(annotation: Any) -> set[Any]:
    """The plain types that a field's annotation is made of."""
    inside = get_args(annotation)
    if get_origin(annotation) is Annotated:
        return _kinds(inside[0])
    if get_origin(annotation) in (Union, UnionType):
        return set().union(*map(_kinds, inside))
    return {annotation}


def plain_text(value: str) -> str:
    """Refuse what no database keeps: NUL and unpaired surrogates."""
    if "\x00" in value or any("\ud800" <= char <= "\udfff" for char in value):
        raise ValueError("contains a character that is not text (NUL or half a character)")
    return value


def plain_json(value: Any, depth: int = 0) -> Any:
    """Refuse JSON that could not be stored and sent back."""
    if depth > MAX_DEPTH:
        raise ValueError(f"is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, str):
        plain_text(value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError("contains a number that is not finite")
    elif isinstance(value, dict):
        for key, item in value.items():
            plain_text(key)
            plain_json(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            plain_json(item, depth + 1)
    return value


Text = Annotated[str, AfterValidator(plain_text)]
JsonObject = Annotated[dict[str, JsonValue], AfterValidator(plain_json)]
Usd = Annotated[
    Decimal,
    PlainSerializer(float, return_type=float),
    WithJsonSchema({"type": "number", "minimum": 0}),
]
"""Dollars: exact inside, a JSON number outside."""
Score = Annotated[float, Field(ge=0, le=1)]
Moment = datetime
