"""A picture in, an emotion for each face out."""

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
