"""What each field means, for the OpenAPI document.

A field is explained where it is declared, by the text under it; names that mean the same everywhere
are explained once, here. A test holds every field to one or the other.
"""

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from musicapp_pipeline.api.docs.glossary import FIELDS, PARAMETERS
from musicapp_pipeline.api.kit.models import Output, Plain


def document_words(document: dict[str, Any]) -> None:
    """Write a description beside every field and parameter that has none."""
    written = dict(_written())
    for name, schema in document["components"]["schemas"].items():
        for field, entry in schema.get("properties", {}).items():
            words = written.get((name, field)) or FIELDS.get(f"{name}.{field}") or FIELDS.get(field)
            if words:
                entry.setdefault("description", words)
    for item in document["paths"].values():
        for operation in item.values():
            for parameter in operation.get("parameters", ()):
                if words := PARAMETERS.get(parameter["name"]):
                    parameter.setdefault("description", words)


def _written() -> Iterator[tuple[tuple[str, str], str]]:
    """The texts under the fields of all models, by model and field as they are sent."""
    for model in _below(Output, Plain):
        for parent in reversed(model.__mro__):
            for field, words in _in_module(parent.__module__).get(parent.__name__, {}).items():
                yield (model.__name__, to_camel(field)), words


def _below(*models: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for model in models:
        yield model
        yield from _below(*model.__subclasses__())


@cache
def _in_module(name: str) -> Mapping[str, Mapping[str, str]]:
    """Texts under fields, by class; only of this package's modules."""
    if not name.startswith("musicapp_pipeline."):
        return {}
    tree = ast.parse(inspect.getsource(sys.modules[name]))
    return {node.name: dict(_texts(node)) for node in tree.body if isinstance(node, ast.ClassDef)}


def _texts(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, text in zip(node.body, node.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
        ):
            yield field.target.id, inspect.cleandoc(str(text.value.value))
