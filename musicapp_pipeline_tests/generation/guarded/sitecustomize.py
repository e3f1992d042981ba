"""Every Python process that a test starts begins here: see ``guard.py``."""

import importlib.util
import sys
from pathlib import Path

_path = Path(__file__).parents[1] / "guard.py"
_spec = importlib.util.spec_from_file_location("musicapp_network_guard", _path)
assert _spec is not None
assert _spec.loader is not None
_guard = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = _guard
_spec.loader.exec_module(_guard)
_guard.install()
