"""A picture in, an emotion for each face out."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fer_core.prediction.drawing import annotate
    from fer_core.prediction.ensemble import Ensemble
    from fer_core.prediction.errors import ModelError, PictureError
    from fer_core.prediction.predictor import FacePrediction, PicturePrediction, Predictor
    from fer_core.prediction.table import as_frame

__all__ = [
    "Ensemble",
    "FacePrediction",
    "ModelError",
    "PictureError",
    "PicturePrediction",
    "Predictor",
    "annotate",
    "as_frame",
]

_HOMES = {
    "annotate": "drawing",
    "Ensemble": "ensemble",
    "ModelError": "errors",
    "PictureError": "errors",
    "FacePrediction": "predictor",
    "PicturePrediction": "predictor",
    "Predictor": "predictor",
    "as_frame": "table",
}


def __getattr__(name: str) -> Any:
    """Import a part when it is first asked for: who reads an ensemble's card needs neither OpenCV nor ONNX Runtime."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
