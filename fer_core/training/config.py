"""Everything that defines a run, in one frozen object."""

from typing import Any, Literal, Self

from pydantic import Field, ValidationInfo, model_validator

from fer_core.datasets.sampling import Sampling
from fer_core.networks import NETWORKS
from fer_core.validation import Frozen
from fer_core.words import N_

Loss = Literal["cross_entropy", "weighted_cross_entropy", "focal"]
Optimizer = Literal["adam", "sgd", "rmsprop", "adamw"]
Schedule = Literal["constant", "cosine", "one_cycle"]
Augmentation = Literal["none", "report", "modern"]
Precision = Literal["auto", "float32", "bfloat16"]
MOST_SEED = 2**32 - 1
RECORDED = "recorded"
"""Key of pydantic's context for a configuration out of a record: its network may be one that this process lacks, its
loss one that is no more smoothed."""


class RunConfig(Frozen):
    """One training run: the same object behind a form, the command line's flags, a YAML file and a recorded run.

    Raises:
        pydantic.ValidationError: a field is unknown, out of range, or does not go with another.
    """

    network: str = Field("compact_resnet", description=N_("architecture, by its name in the registry of networks"))
    activation: Literal["relu", "elu", "silu"] = Field("relu", description=N_("activation of the hidden layers"))
    input_size: int | None = Field(
        None, ge=24, le=256, description=N_("pixels a side that faces are resized to; the network's own if empty")
    )
    pretrained: bool = Field(False, description=N_("start from weights learned on other pictures, where it has them"))
    weights_from: str | None = Field(
        None, description=N_("folder of a finished run of this network on the same split, whose weights come first")
    )
    freeze_epochs: int = Field(
        0, ge=0, description=N_("first epochs that leave the pretrained weights alone; fine-tuning follows; 0 is off")
    )
    fine_tune_rate: float = Field(
        0.1,
        gt=0,
        le=1,
        description=N_("learning rate of fine-tuning after `freeze_epochs`, as a share of learning_rate"),
    )
    dropout: float | None = Field(
        None, ge=0, lt=1, description=N_("share of features dropped; the network's own if empty")
    )

    optimizer: Optimizer = Field("sgd", description=N_("rule by which gradients change the weights"))
    learning_rate: float = Field(0.1, gt=0, le=10, description=N_("peak learning rate of the schedule"))
    momentum: float = Field(0.9, ge=0, lt=1, description=N_("momentum of sgd"))
    nesterov: bool = Field(True, description=N_("Nesterov's form of momentum, for sgd"))
    schedule: Schedule = Field("one_cycle", description=N_("how the learning rate changes over the run"))
    weight_decay: float = Field(
        5e-3,
        ge=0,
        le=1,
        description=N_("decoupled: each step shrinks a weight by this times the learning rate (not norms and biases)"),
    )
    clip_norm: float | None = Field(
        None, gt=0, description=N_("longest gradient, over all weights; longer ones are shortened; off if empty")
    )
    epochs: int = Field(30, ge=1, le=2000, description=N_("passes over the training part"))
    batch_size: int = Field(128, ge=1, le=4096, description=N_("images in one gradient step"))
    small_epochs: int = Field(0, ge=0, description=N_("first epochs trained at `small_size` (progressive resizing)"))
    small_size: int = Field(32, ge=24, le=256, description=N_("pixels a side during the first epochs"))
    early_stopping: int | None = Field(
        None, ge=1, description=N_("epochs without a better validation accuracy; off if empty")
    )
    ema: float | None = Field(
        None, gt=0, lt=1, description=N_("momentum of the moving average of the weights; off if empty")
    )
    precision: Precision = Field("auto", description=N_("auto: bfloat16 where the processor has it"))

    sampling: Sampling = Field("none", description=N_("augmented copies of rare classes, as the report counts them"))
    augmentation: Augmentation = Field(
        "modern",
        description=N_(
            "random changes to pictures: none, the report's (turned by up to 72 degrees), or modern (10 degrees, zoom)"
        ),
    )
    augment: Literal["all", "copies"] = Field(
        "all",
        description=N_("pictures that augmentation changes: all, or only the oversampled copies, as in the report"),
    )
    mixup: float = Field(0, ge=0, le=2, description=N_("alpha of mixup's beta distribution; 0 is off"))
    loss: Loss = Field(
        "cross_entropy", description=N_("loss function: plain, weighted by inverse class frequency, or focal")
    )
    soft_labels: str | None = Field(
        None, description=N_("file of `python -m fer_core soften`: learn from what others say of the images, too")
    )
    soft_share: float = Field(
        0.7, gt=0, le=1, description=N_("share of `soft_labels` in a target; the label's is the rest")
    )
    soft_epochs: int = Field(
        0, ge=0, description=N_("first epochs that learn from `soft_labels`; the others from labels alone; 0 is all")
    )
    label_smoothing: float = Field(0.1, ge=0, lt=1, description=N_("share of a target spread over all classes"))

    seed: int = Field(
        0, ge=0, le=MOST_SEED, description=N_("seed of the first weights, the order and the augmentation")
    )
    split_seed: int = Field(0, ge=0, le=MOST_SEED, description=N_("which training images are the validation part"))
    validation_share: float = Field(
        0.2, gt=0, le=0.5, description=N_("part of the training images that validates; held-out ones aside")
    )
    training_share: float = Field(
        1.0,
        gt=0,
        le=1,
        description=N_("share of the training part that is learned from, of each class; the rest is left out"),
    )
    holdout: bool = Field(
        False,
        description=N_(
            "keep a tenth out of training and validation, the same for every run: ensembles are chosen on it"
        ),
    )
    split_by: Literal["duplicates", "images"] = Field(
        "duplicates", description=N_("what a split keeps together: groups of duplicates, or nothing")
    )
    flip_averaging: bool = Field(True, description=N_("evaluate on the mean answer to a face and its mirror image"))

    @model_validator(mode="after")
    def _check(self, info: ValidationInfo) -> Self:
        recorded = info.context and RECORDED in info.context
        if self.network not in NETWORKS:
            if recorded:
                return self
            raise ValueError(f"network: expected one of {', '.join(NETWORKS)}, got {self.network!r}")
        spec = NETWORKS[self.network]
        if self.pretrained and not spec.pretrained:
            able = ", ".join(name for name, other in NETWORKS.items() if other.pretrained)
            raise ValueError(f"pretrained: {self.network} has no pretrained weights; these have: {able}")
        learned_with = spec.pretrained_activation if self.pretrained else ""
        if learned_with and self.activation != learned_with:
            raise ValueError(
                f"activation: the pretrained weights of {self.network} go with {learned_with}, got {self.activation!r}"
            )
        if self.pretrained and self.weights_from:
            raise ValueError("pretrained: the weights are those of weights_from; leave one of them out")
        if self.size < spec.minimum_size:
            raise ValueError(f"input_size: {self.network} needs at least {spec.minimum_size}, got {self.size}")
        if self.dropout is not None and not spec.dropout:
            raise ValueError(f"dropout: {self.network} has no dropout; leave it empty")
        if self.small_epochs and self.small_size < spec.minimum_size:
            raise ValueError(f"small_size: {self.network} needs at least {spec.minimum_size}, got {self.small_size}")
        if self.small_epochs and not spec.class_maps:
            raise ValueError(f"small_epochs: the weights of {self.network} fit one input size only")
        if self.small_epochs >= self.epochs and self.small_epochs:
            raise ValueError(f"small_epochs: {self.small_epochs} leaves no epoch at full size (epochs: {self.epochs})")
        if self.freeze_epochs and not self.pretrained:
            raise ValueError("freeze_epochs: freezes pretrained weights; set pretrained, or 0 epochs")
        if self.freeze_epochs >= self.epochs and self.freeze_epochs:
            raise ValueError(
                f"freeze_epochs: {self.freeze_epochs} leaves no epoch to fine-tune (epochs: {self.epochs})"
            )
        if self.freeze_epochs and self.small_epochs:
            raise ValueError("small_epochs: does not go with freeze_epochs; set one of them to 0")
        if self.soft_epochs and not self.soft_labels:
            raise ValueError("soft_epochs: needs soft_labels; name their file, or set 0 epochs")
        if self.soft_epochs > self.epochs:
            raise ValueError(f"soft_epochs: {self.soft_epochs} are more than all (epochs: {self.epochs}); 0 is all")
        if self.augment == "copies" and self.sampling == "none":
            raise ValueError("augment: 'copies' needs copies; choose sampling 'mild' or 'full', or augment 'all'")
        if self.loss == "focal" and self.mixup:
            raise ValueError("mixup: does not go with the focal loss, whose targets are whole classes")
        if self.loss == "focal" and self.soft_labels:
            raise ValueError("soft_labels: do not go with the focal loss, whose targets are whole classes")
        if self.loss == "focal" and self.label_smoothing and not recorded:
            raise ValueError("label_smoothing: does not go with the focal loss, whose targets are whole classes; set 0")
        return self

    @property
    def size(self) -> int:
        """Pixels a side that the network works on."""
        return self.input_size or NETWORKS[self.network].input_size

    @property
    def smoothing_to_undo(self) -> float:
        """Label smoothing that is learned by as cross-entropy does, which `undo_label_smoothing` can undo.

        Older records have it of the focal loss too, under which a network learns other shares.
        """
        return 0.0 if self.loss == "focal" else self.label_smoothing

    def changed(self, **changes: Any) -> Self:
        """The same run but for these fields.

        Raises:
            pydantic.ValidationError: as for a new one.
        """
        return type(self)(**{**self.model_dump(), **changes})
