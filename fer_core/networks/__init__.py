"""Networks for 48x48 faces, each in a file of its own, by name in `NETWORKS`.

Every network takes (batch, 48, 48, 1) grayscale in [0, 255] and gives logits, where the report's networks end in
softmax. The loss is computed from logits, so that in cross-entropy a probability that rounds to 0 costs neither value
nor gradient (Keras's focal loss takes softmax first and clips it); softmax of the logits gives the same probabilities.

Importing this package does not import Keras; building a network does.
"""

from fer_core.networks.registry import NETWORKS, NetworkSpec, build, register

__all__ = ["NETWORKS", "NetworkSpec", "build", "register"]
