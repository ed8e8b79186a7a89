"""Numbers that others state or that were measured of others, to stand beside one's own. The only ones not computed."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Reference:
    """What is known of a model whose answers are not on this machine.

    Attributes:
        name: of the model.
        source: where the numbers come from.
        scores: split (`validation`, `public`, `private`, `test`) -> score -> 0 to 1, names as in `Scores`.
    """

    name: str
    source: str
    scores: Mapping[str, Mapping[str, float]]


REPORT = Reference(
    "Report's ensemble",
    "the course report, sections 5 and 6",
    {
        "validation": {"accuracy": 0.6491},
        "test": {
            "accuracy": 0.6570,
            "top2_accuracy": 0.8183,
            "precision": 0.6541,
            "recall": 0.6570,
            "f1": 0.6525,
            "mean_auc": 0.9031,
        },
    },
)
_PEER_HALVES = {"public": 0.655, "private": 0.655}
PEER = Reference(
    "fer 25.10.3",
    "the PyPI package, measured on FER2013's test images",
    # The halves are equally large, so that the share on both is their mean.
    {split: {"accuracy": share} for split, share in _PEER_HALVES.items()}
    | {"test": {"accuracy": sum(_PEER_HALVES.values()) / 2}},
)
REFERENCES: tuple[Reference, ...] = (REPORT, PEER)


@cache
def measured_on() -> str:
    """Fingerprint of the data set that all of these numbers are of: FER2013."""
    from fer_core.datasets.audit import recorded_audit  # imports OpenCV, which one who only quotes them is spared

    return str(recorded_audit()["fingerprint"])


REPORT_NETWORKS: Mapping[str, Reference] = {
    network: Reference(name, "the course report, section 4", {"validation": {"accuracy": first, "top2_accuracy": two}})
    for network, name, first, two in (
        ("cnn", "CNN", 0.5542, 0.7485),
        ("densenet121", "DenseNet", 0.6272, 0.7886),
        ("vgg", "VGG", 0.5792, 0.7521),
        ("resnet50v2", "ResNet", 0.5947, 0.7886),
        ("alexnet", "AlexNet", 0.4561, 0.6491),
    )
}
"""The report's five networks, by their names in the registry, as the report measured them."""

REPORT_IMBALANCE: Mapping[tuple[str, str], float] = {
    ("mild", "cross_entropy"): 0.5502,
    ("mild", "weighted_cross_entropy"): 0.5486,
    ("mild", "focal"): 0.5406,
    ("full", "cross_entropy"): 0.5608,
    ("full", "weighted_cross_entropy"): 0.5578,
    ("full", "focal"): 0.5557,
}
"""The report's imbalance matrix (section 3): validation accuracy by (sampling, loss), 15 epochs of its simple CNN."""
