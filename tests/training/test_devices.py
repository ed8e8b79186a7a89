import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import keras
import pytest

from fer_core.training.fit import devices

REPOSITORY = Path(__file__).parents[2]


def test_devices_are_those_that_keras_lists() -> None:
    assert devices() == keras.distribution.list_devices() != []


@pytest.mark.slow
@pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed")
def test_pytorch_whose_devices_keras_cannot_list_names_the_one_it_uses() -> None:
    code = "from fer_core.training.fit import devices, on_gpu; print(devices(), on_gpu())"
    environment = os.environ | {"KERAS_BACKEND": "torch", "KERAS_TORCH_DEVICE": "cpu"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "['cpu'] False"
