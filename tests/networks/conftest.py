import functools
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fer_core import networks

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


@pytest.fixture(scope="session")
def built() -> Callable[[str], Any]:
    """A network of the registry with its defaults, built once."""
    return functools.cache(networks.build)


@pytest.fixture(scope="session")
def pictures() -> np.ndarray:
    """(2, 48, 48, 1) float32 noise in [0, 255]."""
    return np.random.default_rng(3).uniform(0, 255, (2, 48, 48, 1)).astype(np.float32)
