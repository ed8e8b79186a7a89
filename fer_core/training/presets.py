"""Configurations to start from: the report's optimum of each of its networks, and what works well here."""

from typing import Any

from fer_core.networks import NETWORKS
from fer_core.training.config import RunConfig

REPORT_WAY: dict[str, Any] = {
    "schedule": "constant",
    "nesterov": False,
    "weight_decay": 0.0,
    "epochs": 10,
    "batch_size": 32,
    "early_stopping": 3,
    "sampling": "full",
    "augmentation": "report",
    "augment": "copies",
    "loss": "cross_entropy",
    "label_smoothing": 0.0,
    "split_by": "images",
    "flip_averaging": False,
}
"""Sections 2 to 4 of the report, for all of its networks: a plain loop over a fixed learning rate, augmented copies of
rare classes, an 8:2 split by image."""

REPORT_OPTIMA: dict[str, dict[str, Any]] = {
    "cnn": {"learning_rate": 1e-3, "optimizer": "adam", "activation": "relu"},
    "densenet121": {"learning_rate": 1e-3, "optimizer": "adam", "activation": "relu", "pretrained": True},
    "vgg": {"learning_rate": 1e-2, "optimizer": "sgd", "activation": "elu"},
    "resnet50v2": {"learning_rate": 1e-4, "optimizer": "adam", "activation": "elu", "pretrained": True},
    "alexnet": {"learning_rate": 1e-4, "optimizer": "adam", "activation": "elu"},
    "simple_cnn": {
        "learning_rate": 1e-3,
        "optimizer": "adam",
        "activation": "relu",
        "epochs": 15,
        "early_stopping": None,
    },
}
"""What the report found best by grid search, and for the simple CNN the setting of its imbalance matrix (whose
learning rate and optimizer it does not tell: its CNN's)."""

FROZEN_FIRST: dict[str, Any] = {"freeze_epochs": 3}
"""What the report wished it had done with its pretrained networks."""

CLIPPED = {"vgg": 1.0}
"""Clip norm of networks whose loss is soon no number at the report's optimum. VGG, without normalization, with He's
first weights and ELU, diverges at its learning rate within ten batches, with each of three seeds."""

FINE_TUNED: dict[str, Any] = {
    "pretrained": True,
    "optimizer": "adamw",
    "learning_rate": 1e-3,
    "weight_decay": 0.05,
    "epochs": 20,
    "batch_size": 64,
    "mixup": 0.2,
}
"""For networks whose weights come from other pictures: sgd's steps from random weights would destroy what they know."""


def report_preset(network: str) -> RunConfig:
    """The report's optimum of one of its networks.

    Raises:
        ValueError: the report has no such network.
    """
    if network not in REPORT_OPTIMA:
        raise ValueError(f"network: expected one of the report's, {', '.join(REPORT_OPTIMA)}; got {network!r}")
    return RunConfig(**{**REPORT_WAY, "network": network, **REPORT_OPTIMA[network]})


def presets() -> dict[str, RunConfig]:
    """All presets by the name that is shown."""
    found = {}
    for name, spec in NETWORKS.items():
        if not spec.report:
            found[spec.title] = RunConfig(network=name, **(FINE_TUNED if spec.pretrained else {}))
    for name in REPORT_OPTIMA:
        found[f"Report's {NETWORKS[name].title}"] = report_preset(name)
        if NETWORKS[name].pretrained:
            found[f"Report's {NETWORKS[name].title}, frozen first"] = report_preset(name).changed(**FROZEN_FIRST)
        if name in CLIPPED:
            found[f"Report's {NETWORKS[name].title}, clipped"] = report_preset(name).changed(clip_norm=CLIPPED[name])
    return found
