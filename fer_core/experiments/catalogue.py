"""Every experiment of the report as configurations that can be run, with the report's own number beside it."""

from dataclasses import dataclass

from fer_core.evaluation.references import REPORT_IMBALANCE, REPORT_NETWORKS
from fer_core.training.config import RunConfig
from fer_core.training.grid import grid_cells
from fer_core.training.imbalance import REPORT_COLUMNS, ROWS, matrix_cells
from fer_core.training.presets import CLIPPED, report_preset
from fer_core.words import _

SEEDS = (0, 1)
RANKING = tuple(sorted(REPORT_NETWORKS, key=lambda name: -REPORT_NETWORKS[name].scores["validation"]["accuracy"]))
"""The report's five networks, its best first."""
ENSEMBLE = RANKING[:3]
"""The report's three best."""
SMALLER_INPUT = {"resnet50v2": 48, "alexnet": 96}
"""Pixels a side where the report's own 224 and 227 are out of reach without an accelerator: the pictures' own, but
twice these where the first layer goes on by four pixels."""
SHORT = 5
"""Epochs where the report's own 10 or 15 take hours without an accelerator."""


@dataclass(frozen=True)
class Variant:
    """A way to run an experiment.

    Attributes:
        report: the report's own way, where this is another.
    """

    config: RunConfig
    report: RunConfig | None = None

    @property
    def short(self) -> bool:
        """Whether it has fewer epochs than the report's."""
        return self.report is not None and self.config.epochs < self.report.epochs

    @property
    def differs(self) -> str:
        """How it differs from the report, a phrase; empty where it does not."""
        if self.report is None:
            return ""
        phrases = []
        if self.report.pretrained and not self.config.pretrained:
            phrases.append(_("random weights in place of ImageNet's"))
        if self.config.size != self.report.size:
            phrases.append(
                _("input of {side} in place of {size} pixels").format(side=self.config.size, size=self.report.size)
            )
        if self.config.clip_norm != self.report.clip_norm:
            phrases.append(
                _("gradients clipped to a norm of {norm:g}, without which the loss diverges").format(
                    norm=self.config.clip_norm
                )
            )
        if self.short:
            phrases.append(
                _("{short} in place of {epochs} epochs").format(short=self.config.epochs, epochs=self.report.epochs)
            )
        return ", ".join(phrases)


@dataclass(frozen=True)
class Experiment:
    """One run that the report made, or that answers a question about one.

    Attributes:
        id: path-like, e.g. `matrix/report/full/focal/0`; the first word is the group.
        title: a few words.
        variants: ways to run it, the most faithful first; a later one is `partial`.
        report: the report's validation accuracy; None where it has none.
    """

    id: str
    title: str
    variants: tuple[Variant, ...]
    report: float | None = None

    @property
    def group(self) -> str:
        """`matrix`, `base`, `grid` or `ensemble`."""
        return self.id.split("/")[0]


def _matrix() -> list[Experiment]:
    found = []
    for cell in matrix_cells(rows=ROWS, columns=REPORT_COLUMNS, seeds=SEEDS):
        sampling, loss, seed = cell.keys["sampling"], cell.keys["loss"], cell.keys["seed"]
        title = f"{sampling} oversampling, {loss.replace('_', ' ')}, seed {seed}"
        modern = cell.config.changed(augmentation="modern", augment="all")
        found += [
            Experiment(
                f"matrix/report/{sampling}/{loss}/{seed}",
                f"Imbalance matrix: {title}",
                _variants(cell.config),
                REPORT_IMBALANCE.get((sampling, loss)),
            ),
            Experiment(
                f"matrix/modern/{sampling}/{loss}/{seed}",
                f"Imbalance matrix, every image augmented in the modern way: {title}",
                _variants(modern),
            ),
        ]
    return found


def within_reach(config: RunConfig) -> RunConfig:
    """The same run without ImageNet's weights and on a processor."""
    config = config.changed(pretrained=False)
    smaller = SMALLER_INPUT.get(config.network)
    return config.changed(input_size=smaller) if smaller else config


def _variants(config: RunConfig, clip_norm: float | None = None) -> tuple[Variant, ...]:
    """As the report did it; from random weights; from random weights at a smaller input; clipped; and each short."""
    smaller = within_reach(config)
    ways = dict.fromkeys((config.changed(pretrained=False), smaller, smaller.changed(clip_norm=clip_norm)))
    found = [Variant(config), *(Variant(way, config) for way in ways if way != config)]
    return (*found, *(Variant(variant.config.changed(epochs=SHORT), config) for variant in found))


def _base() -> list[Experiment]:
    return [
        Experiment(
            f"base/{network}",
            f"{reference.name} at the report's optimum",
            _variants(report_preset(network), CLIPPED.get(network)),
            reference.scores["validation"]["accuracy"],
        )
        for network, reference in REPORT_NETWORKS.items()
    ]


def _grid() -> list[Experiment]:
    return [
        Experiment(
            f"grid/{network}/{run.optimizer}/{run.learning_rate:g}/{run.activation}",
            f"Grid search, {reference.name}: {run.optimizer}, {run.learning_rate:g}, {run.activation}",
            _variants(run),
        )
        for network, reference in REPORT_NETWORKS.items()
        for run in (cell.config for cell in grid_cells(network))
    ]


def _ensemble() -> list[Experiment]:
    return [
        Experiment(
            f"ensemble/{network}",
            f"{REPORT_NETWORKS[network].name} again for the ensemble, split seed {seed}, with a common hold-out",
            _variants(report_preset(network).changed(seed=seed, split_seed=seed, holdout=True), CLIPPED.get(network)),
        )
        for seed, network in enumerate(ENSEMBLE, start=1)
    ]


def experiments() -> tuple[Experiment, ...]:
    """All of them, in the report's order."""
    return (*_matrix(), *_base(), *_grid(), *_ensemble())
