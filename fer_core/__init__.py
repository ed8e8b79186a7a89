"""Facial expression recognition on FER2013: data, networks, training, evaluation and prediction."""

import os

# TensorFlow switches oneDNN's kernels on by itself only where a processor has AVX512-VNNI or better; on AVX2 they train
# these networks up to twice as fast too. It reads this when it is imported, hence here.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
