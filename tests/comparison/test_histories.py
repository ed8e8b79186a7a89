import pandas as pd
import pytest

from fer_core.comparison.histories import configuration_differences, learning_gap
from fer_core.training.config import RunConfig

PLAIN = RunConfig(augmentation="none")


def history(training: float, validation: float, losses: tuple[float, ...] = (2.0, 1.0)) -> pd.DataFrame:
    return pd.DataFrame({"accuracy": [0.1, training], "val_accuracy": [0.1, validation], "val_loss": losses})


@pytest.mark.parametrize(
    ("training", "validation", "words"),
    [
        (0.9, 0.6, "overfits: 30 points"),
        (0.7, 0.65, "overfits a little (5 points)"),
        (0.65, 0.64, "no overfitting to speak of"),
        (0.5, 0.6, "better on validation"),
    ],
)
def test_the_gap_is_told_in_words(training, validation, words):
    assert words in learning_gap(history(training, validation), 2, PLAIN).sentence


@pytest.mark.parametrize(
    ("training", "validation", "words"),
    [
        (0.9, 0.6, "overfits by at least 30 points"),
        (0.7, 0.65, "overfits by at least 5 points"),
        (0.65, 0.64, "can't be told: its training accuracy was measured on pictures made harder"),
        (0.5, 0.6, "can't be told: its training accuracy was measured on pictures made harder"),
    ],
)
def test_on_augmented_pictures_the_gap_is_only_a_lower_bound(training, validation, words):
    found = learning_gap(history(training, validation), 2, RunConfig())
    assert words in found.sentence
    assert found.at_least
    assert (found.gap is None) == ("can't be told" in found.sentence)


@pytest.mark.parametrize("augmentation", ["none", "report"])
def test_of_copies_the_gap_is_not_told(augmentation):
    copied = RunConfig(augmentation=augmentation, sampling="full", augment="copies")
    found = learning_gap(history(0.9, 0.6), 2, copied)
    assert "rare classes count several times" in found.sentence
    assert found.gap is None


def test_the_epoch_of_the_lowest_validation_loss_is_told_unless_it_is_the_last():
    assert "loss was lowest in epoch 1." in learning_gap(history(0.6, 0.6, (1.0, 1.4)), 2, PLAIN).sentence
    assert "lowest" not in learning_gap(history(0.6, 0.6), 2, PLAIN).sentence


def test_a_history_that_does_not_tell_has_no_gap():
    assert learning_gap(pd.DataFrame({"val_accuracy": [0.5]}), 1, RunConfig()) is None
    assert learning_gap(history(0.6, 0.6), 3, RunConfig()) is None


@pytest.mark.parametrize(
    ("changes", "kept_epoch", "words"),
    [
        ({"soft_labels": "soft.npz", "augmentation": "none"}, 2, "overfits: 30 points"),
        ({"soft_labels": "soft.npz", "mixup": 0.2}, 2, "measured on mixed pictures"),
    ],
)
def test_a_gap_is_told_unless_training_was_measured_on_mixed_pictures(changes, kept_epoch, words):
    found = learning_gap(history(0.9, 0.6), kept_epoch, RunConfig(epochs=2, **changes))
    assert words in found.sentence
    assert (found.gap is None) == ("can't be told" in found.sentence)
    assert found.gap is not None or "in training, " not in found.sentence


def test_only_what_differs_is_listed():
    configs = {"a": RunConfig(epochs=5), "b": RunConfig(epochs=9, ema=0.99), "c": RunConfig(epochs=5)}
    table = configuration_differences(configs)
    assert table.index.tolist() == ["epochs", "ema"]
    assert table.loc["ema"].tolist() == ["–", "0.99", "–"]
    assert configuration_differences({"a": RunConfig()}).empty
