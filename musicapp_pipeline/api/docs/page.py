"""One static page from the OpenAPI document: no scripts, nothing from elsewhere."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:60rem;padding:1rem 1.5rem 6rem}
h2{margin-top:3rem;text-transform:capitalize}
details{border:1px solid #8884;border-radius:.5rem;margin:.5rem 0;padding:.5rem .8rem}
summary{cursor:pointer;font-family:ui-monospace,monospace;overflow-wrap:anywhere}
.m{display:inline-block;font-weight:700;min-width:4.5rem}
.GET{color:#2a7de1}.POST{color:#1a9850}.PUT{color:#b8860b}.DELETE{color:#c0392b}
pre{background:#8881;border-radius:.4rem;overflow:auto;padding:.7rem}
table{border-collapse:collapse;width:100%}td,th{border-top:1px solid #8884;padding:.3rem .5rem;
text-align:left;vertical-align:top}
nav a{margin-right:1rem}
"""
METHODS = ("get", "post", "put", "delete")
Operation = tuple[str, str, Mapping[str, Any]]


def render(document: Mapping[str, Any]) -> str:
    """The page."""
    groups: dict[str, list[Operation]] = defaultdict(list)
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                tag = item[method].get("tags", ["other"])[0]
                groups[tag].append((method.upper(), path, item[method]))
    info = document["info"]
    return "".join(
        [
            "<!doctype html><html lang=en><meta charset=utf-8>",
            "<meta name=viewport content='width=device-width'>",
            f"<title>{escape(info['title'])} API</title><style>{STYLE}</style>",
            f"<h1>{escape(info['title'])} API</h1>",
            *(f"<p>{escape(text)}</p>" for text in info["description"].split("\n\n")),
            "<p><a href=/openapi.json>openapi.json</a></p><nav>",
            *(f"<a href=#{escape(tag)}>{escape(tag)}</a> " for tag in groups),
            "</nav>",
            *(part for tag, found in groups.items() for part in _group(document, tag, found)),
        ]
    )


def _group(document: Mapping[str, Any], tag: str, found: list[Operation]) -> Iterator[str]:
    yield f"<h2 id={escape(tag)}>{escape(tag)}</h2>"
    for method, path, operation in found:
        yield f"<details id={escape(operation['operationId'])}><summary>"
        yield f"<span class='m {method}'>{method}</span>{escape(path)}</summary>"
        yield f"<p>{escape(operation.get('description', ''))}</p>"
        yield from _parameters(operation)
        yield from _bodies(document, operation)
        yield "</details>"


def _parameters(operation: Mapping[str, Any]) -> Iterator[str]:
    parameters = operation.get("parameters", ())
    if parameters:
        yield "<table><tr><th>parameter<th>in<th>"
        for p in parameters:
            name = escape(p["name"]) + ("" if p.get("required") else " <small>optional</small>")
            yield f"<tr><td><code>{name}</code><td>{p['in']}<td>"
            yield escape(p.get("description", ""))
        yield "</table>"


def _bodies(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[str]:
    sent = _example(document, operation.get("requestBody", {}))
    if sent is not None:
        yield f"<p>Send</p><pre>{sent}</pre>"
    errors = []
    for status, answer in operation["responses"].items():
        if not status.startswith("2"):
            errors.append(f"{status} {answer['description']}")
            continue
        shown = _example(document, answer)
        yield f"<p>Answer {status}</p>" + (f"<pre>{shown}</pre>" if shown else "")
    yield f"<p><small>Errors: {escape('; '.join(errors))}</small></p>"


def _example(document: Mapping[str, Any], holder: Mapping[str, Any]) -> str | None:
    for media in holder.get("content", {}).values():
        value = media.get("example", _schema_example(document, media.get("schema", {})))
        if value is not None:
            text = value if isinstance(value, str) else json.dumps(value, indent=2)
            return escape(text)
    return None


def _schema_example(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Any:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _schema_example(document, document["components"]["schemas"][name])
    for option in schema.get("anyOf", ()):
        found = _schema_example(document, option)
        if found is not None:
            return found
    if schema.get("type") == "array":
        item = _schema_example(document, schema.get("items", {}))
        return None if item is None else [item]
    examples = schema.get("examples")
    return examples[0] if examples else None
