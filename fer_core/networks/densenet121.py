"""The report's DenseNet."""

import keras
from keras import layers

from fer_core.networks.backbone import dense_head, imagenet_backbone
from fer_core.networks.blocks import dense_logits, image_input


def densenet121(
    *,
    activation: str = "relu",
    input_size: int = 48,
    dropout: float = 0.1,
    l2: float = 0.01,
    pretrained: bool = False,
) -> keras.Model:
    """DenseNet121 (Huang et al., 2017, arXiv 1608.06993) under dense layers with an L2 penalty.

    The report says no more than "DenseNet, learned on ImageNet, reused; L2 regularizer against overfitting", and that
    ReLU and ELU were compared. Chosen: the smallest DenseNet of `keras.applications`; the dense layers of the report's
    ResNet, the one head it shows over such a network; the penalty on those layers' kernels, with Keras's own factor;
    the faces' own 48 pixels. Inside the backbone ReLU stays, as its weights were learned with it. Pixels are in
    [0, 1], as everywhere in the report, not standardized as they were on ImageNet.

    Args:
        dropout: share of features dropped after each dense layer.
        l2: factor of the penalty, times the sum of squares of each hidden dense kernel.
        pretrained: start the backbone from ImageNet weights.

    Raises:
        PretrainedWeightsError: the weights can't be had.
    """
    images, x = image_input(input_size, channels=3)
    x = imagenet_backbone(
        keras.applications.DenseNet121,
        input_size,
        pretrained=pretrained,
        weights_file="densenet121_weights_tf_dim_ordering_tf_kernels_notop.h5",
    )(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    x = dense_head(x, activation=activation, dropout=dropout, regularizer=keras.regularizers.L2(l2))
    return keras.Model(images, dense_logits(x), name="densenet121")
