"""Array types that the modules of this package exchange."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
"""Samples or features, single precision."""
Doubles = NDArray[np.float64]
"""Times, scores and sums."""
Ints = NDArray[np.int64]
