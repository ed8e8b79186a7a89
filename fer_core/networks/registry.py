"""What is known of each network without building one: facts by name, read without Keras."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from fer_core.datasets.dataset import IMAGE_SIZE
from fer_core.words import N_

if TYPE_CHECKING:
    import keras
    import numpy as np


@dataclass(frozen=True)
class NetworkSpec:
    """One network: facts to show, and a function that builds it.

    Attributes:
        name: the network's name, also that of the function that builds it.
        title: name to show.
        description: one line.
        input_size: pixels a side that pictures are resized to inside, unless asked otherwise.
        minimum_size: smallest `input_size` that it takes; smaller ones leave nothing at the end, or are not offered.
        channels: 1 where the gray picture is taken as it is, 3 where it is repeated as RGB.
        report: whether it is one of the original report's networks.
        dropout: whether it drops features in training, a share that can be chosen.
        pretrained: what the weights that it can start from were learned on; empty where there are none.
        pretrained_activation: the one that these weights go with; empty where they go with any.
        class_maps: whether it ends in global average pooling of a dense layer, whose maps show where a class was seen.
            Such a network has the same weights at every input size.
        module: import path of the function's module; empty for the one in this package that is called like the network.
    """

    name: str
    title: str
    description: str
    input_size: int = IMAGE_SIZE
    minimum_size: int = 8
    channels: int = 1
    report: bool = False
    dropout: bool = True
    pretrained: str = ""
    pretrained_activation: str = ""
    class_maps: bool = False
    module: str = ""

    def _module(self) -> ModuleType:
        return import_module(self.module or f"fer_core.networks.{self.name}")

    def function(self) -> "Callable[..., keras.Model]":
        """The function that builds the network; imports Keras."""
        return getattr(self._module(), self.name)

    def adapt(self, network: "keras.Model", pictures: "np.ndarray") -> None:
        """Make a network that has just got its pretrained weights ready for training, where that takes pictures.

        Args:
            pictures: (n, 48, 48, 1) in [0, 255], some of those that will be trained on.
        """
        calibrate = getattr(self._module(), "calibrate", None)
        if calibrate:
            calibrate(network, pictures)

    def build(self, **options: object) -> "keras.Model":
        """Build the network; see `fer_core.networks.build`."""
        function = self.function()
        known = inspect.signature(function).parameters
        unknown = [option for option in options if option not in known]
        if unknown:
            raise ValueError(
                f"network {self.name}: has no option {', '.join(unknown)}; its options are {', '.join(known)}"
            )
        size = options.get("input_size", self.input_size)
        if size < self.minimum_size:
            raise ValueError(
                f"network {self.name}: input_size {size} is too small, "
                f"expected at least {self.minimum_size} (its default is {self.input_size})"
            )
        return function(**options)


IMAGENET = "ImageNet"
FACES = "faces (dlib)"

_SPECS = (
    NetworkSpec(
        name="compact_resnet",
        title="Compact ResNet",
        description=N_("Three residual blocks of 64, 128 and 256 channels"),
        class_maps=True,
    ),
    NetworkSpec(
        name="compact_vgg",
        title="Compact VGG",
        description=N_("Seven plain 3x3 convolutions with batch normalization"),
        class_maps=True,
    ),
    NetworkSpec(
        name="compact_densenet",
        title="Compact DenseNet",
        description=N_("Eleven densely connected 3x3 convolutions in three stacks"),
        class_maps=True,
    ),
    NetworkSpec(
        name="wide_resnet",
        title="Wide ResNet",
        description=N_("Six residual blocks of 96, 192 and 384 channels"),
        module="fer_core.networks.compact_resnet",
        class_maps=True,
    ),
    NetworkSpec(
        name="wide_vgg",
        title="Wide VGG",
        description=N_("Eight plain 3x3 convolutions of 64 to 512 channels with batch normalization"),
        module="fer_core.networks.compact_vgg",
        class_maps=True,
    ),
    NetworkSpec(
        name="efficientnet_lite0",
        title="EfficientNet-Lite0",
        description=N_("ImageNet's EfficientNet-Lite0 on enlarged faces"),
        input_size=96,
        minimum_size=32,
        channels=3,
        pretrained=IMAGENET,
        pretrained_activation="relu",
        class_maps=True,
    ),
    NetworkSpec(
        name="face_resnet",
        title="Face ResNet",
        description=N_("dlib's face recognition network on enlarged faces"),
        input_size=96,
        minimum_size=96,
        pretrained=FACES,
        pretrained_activation="relu",
        class_maps=True,
    ),
    NetworkSpec(
        name="simple_cnn",
        title="Simple CNN",
        description=N_("Four convolutions, two poolings: the network of the imbalance matrix"),
        minimum_size=16,
        report=True,
        dropout=False,
    ),
    NetworkSpec(
        name="cnn",
        title="CNN",
        description=N_("Convolution and pooling three times, then a dense layer"),
        minimum_size=22,
        report=True,
        dropout=False,
    ),
    NetworkSpec(
        name="densenet121",
        title="DenseNet121",
        description=N_("ImageNet's DenseNet121 under dense layers with an L2 penalty"),
        minimum_size=32,
        channels=3,
        report=True,
        pretrained=IMAGENET,
    ),
    NetworkSpec(
        name="vgg",
        title="VGG",
        description=N_("Nine 3x3 convolutions in four blocks, two dense layers of 4096"),
        minimum_size=16,
        report=True,
        dropout=False,
    ),
    NetworkSpec(
        name="resnet50v2",
        title="ResNet50V2",
        description=N_("ImageNet's ResNet50V2 under dense layers with dropout"),
        input_size=224,
        minimum_size=32,
        channels=3,
        report=True,
        pretrained=IMAGENET,
    ),
    NetworkSpec(
        name="alexnet",
        title="AlexNet",
        description=N_("Five convolutions from 11x11 down to 3x3, three large dense layers"),
        input_size=227,
        minimum_size=67,
        channels=3,
        report=True,
        dropout=False,
    ),
)

NETWORKS: dict[str, NetworkSpec] = {spec.name: spec for spec in _SPECS}


def register(spec: NetworkSpec) -> None:
    """Let a network of one's own be trained by its name, in this process.

    Its record can be read anywhere. The function `spec.name` in `spec.module` takes `activation` and `input_size`, and
    `dropout` and `pretrained` where the spec says so, and returns a `keras.Model` of that name, as told for `build`.
    The pieces in `fer_core.networks.blocks` are there for it too.

    Raises:
        ValueError: another network is called so.
    """
    if NETWORKS.setdefault(spec.name, spec) != spec:
        raise ValueError(f"network: another one is called {spec.name!r}; choose another name")


def build(name: str, **options: object) -> "keras.Model":
    """A network by name.

    Args:
        options: arguments of the network's function, e.g. `activation` ("relu", "elu", "silu") and `input_size`.

    Returns:
        (batch, 48, 48, 1) pictures in [0, 255] -> (batch, 7) float32 logits.

    Raises:
        ValueError: no network of that name, no such option, or an `input_size` that is too small.
    """
    if name not in NETWORKS:
        raise ValueError(f"network: expected one of {', '.join(NETWORKS)}, got {name!r}")
    return NETWORKS[name].build(**options)
