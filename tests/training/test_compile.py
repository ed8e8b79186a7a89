import keras
import numpy as np
import pytest

from fer_core.training.compile import optimizer
from fer_core.training.config import RunConfig


@pytest.mark.parametrize(("clip_norm", "step"), [(None, [6.0, 8.0]), (5.0, [3.0, 4.0]), (20.0, [6.0, 8.0])])
def test_a_gradient_over_all_weights_is_no_longer_than_clip_norm(clip_norm: float | None, step: list[float]) -> None:
    fields = {"optimizer": "sgd", "momentum": 0.0, "nesterov": False, "weight_decay": 0.0, "schedule": "constant"}
    rule = optimizer(RunConfig(**fields, learning_rate=1.0, clip_norm=clip_norm), steps=1)
    weights = [keras.Variable([1.0]), keras.Variable([1.0])]
    rule.apply([keras.ops.array([6.0]), keras.ops.array([8.0])], weights)
    np.testing.assert_allclose([1 - float(weight.value[0]) for weight in weights], step, rtol=1e-5)
