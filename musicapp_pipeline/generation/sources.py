"""Settings that hold data: JSON in the variable itself, or the path of a file with the same."""

import json
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any


def read_data(source: str) -> Any:
    """What a setting holds; numbers with a point are ``Decimal``.

    Args:
        source: JSON text that begins with ``[`` or ``{``, or the path of a ``.json`` or ``.toml``
            file.

    Raises:
        OSError: the file cannot be read.
        ValueError: neither JSON nor TOML.
    """
    if source[0] not in "[{":
        path = Path(source).expanduser()
        source = path.read_text("utf-8")
        if path.suffix == ".toml":
            source = json.dumps(tomllib.loads(source), default=str)
    return json.loads(source, parse_float=Decimal)
