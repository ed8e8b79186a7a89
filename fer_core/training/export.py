"""From a trained Keras network to an ONNX file that says what it is."""

import json
from pathlib import Path

import keras
import numpy as np
import onnx

from fer_core.datasets.dataset import IMAGE_SIZE
from fer_core.emotions import EMOTIONS
from fer_core.files import bring_to_disk, parts_folder
from fer_core.networks.blocks import CLASS_MAPS, LOGITS
from fer_core.training.half_weights import store_in_half


def export_onnx(network: keras.Model, path: Path, *, data_fingerprint: str, run: str) -> None:
    """Write a network with its class order, preprocessing and origin in the file's metadata.

    Weights take two bytes each in the file and four while it runs. Outputs are `logits` (n, 7) and, where the network
    ends in global average pooling, `class_maps` (n, h, w, 7).

    Args:
        network: in float32; (n, 48, 48, 1) pictures in [0, 255] -> (n, 7) logits. Its layers are frozen by this.
        data_fingerprint: of the data set it was trained on.
        run: id of the run that it comes from.

    Raises:
        ValueError: it computes in another precision, for which ONNX Runtime has no operators on a processor.
    """
    if network.compute_dtype != "float32":
        raise ValueError(f"{network.name} computes in {network.compute_dtype}; build it in float32 to export it")
    outputs = {LOGITS: network.output}
    if CLASS_MAPS in [layer.name for layer in network.layers]:
        outputs[CLASS_MAPS] = network.get_layer(CLASS_MAPS).output
    exported = keras.Model(network.input, outputs, name=network.name)
    # Keras traces a network inside a network as if in training: its batch normalization takes the batch's mean.
    exported.trainable = False
    exported(np.zeros((1, IMAGE_SIZE, IMAGE_SIZE, 1), dtype=np.float32))  # the exporter wants a model called before
    with parts_folder(path.parent) as folder:
        part = Path(folder) / path.name
        exported.export(
            part,
            format="onnx",
            verbose=False,
            input_signature=[keras.InputSpec(shape=(None, IMAGE_SIZE, IMAGE_SIZE, 1), dtype="float32", name="images")],
        )
        model = onnx.load(part)
        _name_outputs(model.graph)
        properties = {
            "classes": json.dumps(EMOTIONS),
            "preprocessing": json.dumps({"size": IMAGE_SIZE, "channels": 1, "range": [0, 255]}),
            "network": network.name,
            "data_fingerprint": data_fingerprint,
            "run": run,
        }
        onnx.helper.set_model_props(model, properties)
        store_in_half(model.graph)
        onnx.checker.check_model(model)
        onnx.save(model, part)
        bring_to_disk(part)
        part.replace(path)


def _name_outputs(graph: onnx.GraphProto) -> None:
    """Give the outputs their names, of which the exporter of Keras's PyTorch backend takes no notice."""
    for output in graph.output:
        name = LOGITS if len(output.type.tensor_type.shape.dim) == 2 else CLASS_MAPS
        for node in graph.node:
            for names in (node.input, node.output):
                names[:] = [name if each == output.name else each for each in names]
        output.name = name
