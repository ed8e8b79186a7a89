"""Weights of an ONNX file in two bytes each."""

import numpy as np
import onnx

SMALL = 1000
"""Numbers of a weight array below which two bytes less each are not worth the loss."""


def store_in_half(graph: onnx.GraphProto) -> None:
    """Keep large weights as float16 and let the file widen them; ONNX Runtime does that once, when it is loaded."""
    for weights in list(graph.initializer):
        values = onnx.numpy_helper.to_array(weights)
        if values.dtype != np.float32 or values.size < SMALL or np.abs(values).max() > np.finfo(np.float16).max:
            continue
        name, half = weights.name, f"{weights.name}_half"
        weights.CopyFrom(onnx.numpy_helper.from_array(values.astype(np.float16), half))
        graph.node.insert(0, onnx.helper.make_node("Cast", [half], [name], to=onnx.TensorProto.FLOAT))
