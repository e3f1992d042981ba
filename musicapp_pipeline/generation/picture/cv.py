"""OpenCV as an untyped module.

Its stubs type every result as "an array of some number", so that each call in this package would
need a cast; what the functions here return is declared where they return it.
"""

from importlib import import_module
from typing import Any

cv2: Any = import_module("cv2")
