"""The report's ResNet."""

import keras
from keras import layers

from fer_core.networks.backbone import dense_head, imagenet_backbone
from fer_core.networks.blocks import dense_logits, image_input


def resnet50v2(
    *, activation: str = "relu", input_size: int = 224, dropout: float = 0.1, pretrained: bool = False
) -> keras.Model:
    """ResNet50V2 (He et al., 2016, arXiv 1603.05027), batch normalization, pooling and the report's dense layers.

    The listing repeats dropout before the classes, a reading error: one dropout follows each dense layer. Inside the
    backbone ReLU stays whatever `activation` is, as in the report. Pixels are in [0, 1], as everywhere in the report,
    not in [-1, 1] as they were on ImageNet.

    Args:
        dropout: share of features dropped after each dense layer.
        pretrained: start the backbone from ImageNet weights.

    Raises:
        PretrainedWeightsError: the weights can't be had.
    """
    images, x = image_input(input_size, channels=3)
    x = imagenet_backbone(
        keras.applications.ResNet50V2,
        input_size,
        pretrained=pretrained,
        weights_file="resnet50v2_weights_tf_dim_ordering_tf_kernels_notop.h5",
    )(x)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    x = dense_head(x, activation=activation, dropout=dropout)
    return keras.Model(images, dense_logits(x), name="resnet50v2")
