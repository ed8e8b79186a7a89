import numpy as np
import pytest


@pytest.fixture
def answers() -> tuple[np.ndarray, np.ndarray]:
    """(probabilities, labels) of 400 images in the seven classes, right more often than by chance."""
    random = np.random.default_rng(11)
    labels = random.choice(7, 400, p=[0.15, 0.03, 0.15, 0.25, 0.17, 0.15, 0.1])
    logits = random.normal(size=(400, 7))
    logits[np.arange(400), labels] += 1.2
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), labels
