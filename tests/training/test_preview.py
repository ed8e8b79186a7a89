from collections.abc import Iterator

import keras
import numpy as np
import pytest

from fer_core.training.augmentation import PRESETS
from fer_core.training.preview import Preview, PreviewError, Sheet


@pytest.fixture(scope="module")
def preview() -> Iterator[Preview]:
    asked = Preview()
    yield asked
    asked.close()


@pytest.fixture(scope="module")
def image(drawn) -> np.ndarray:
    return drawn.images[3]


@pytest.mark.parametrize("preset", ["report", "modern"])
def test_a_preview_has_the_pixels_that_training_sees(preview: Preview, image: np.ndarray, preset: str) -> None:
    x = np.repeat(image[None, :, :, None].astype(np.float32), 4, axis=0)
    for layer in PRESETS[preset](70):
        x = layer(x, training=True)
    expected = np.clip(np.round(keras.ops.convert_to_numpy(x)[..., 0]), 0, 255).astype(np.uint8)
    np.testing.assert_array_equal(preview.augmented(image, preset, [Sheet(4)], seed=7)[0], expected)


def test_the_layers_of_a_preset_are_told_with_their_settings(preview: Preview) -> None:
    layers = preview.layers("report")
    assert [layer["name"] for layer in layers] == [
        "RandomFlip",
        "RandomRotation",
        "RandomTranslation",
        "RandomBrightness",
        "RandomContrast",
    ]
    assert layers[1]["settings"]["factor"] == [-0.2, 0.2]


def test_settings_change_a_layer_and_no_strength_changes_nothing(preview: Preview, image: np.ndarray) -> None:
    sheets = [Sheet(2, {1: {"factor": [end, end]}}, only=1) for end in (0.0, 0.2)]
    still, moved = preview.augmented(image, "report", sheets)
    np.testing.assert_allclose(still.astype(int), np.stack([image] * 2).astype(int), atol=1)
    assert np.abs(moved.astype(int) - image).mean() > 5


def test_wrong_questions_are_answered_in_a_sentence_and_the_process_stays(preview: Preview, image: np.ndarray) -> None:
    with pytest.raises(PreviewError, match="preset"):
        preview.layers("modest")
    with pytest.raises(PreviewError, match="RandomRotation: has no argument angle"):
        preview.augmented(image, "report", [Sheet(1, {1: {"angle": 3}})])
    assert preview.layers("modern")


def test_a_scale_shows_what_a_layer_does_to_pixels_in_0_to_1(preview: Preview, image: np.ndarray) -> None:
    brighter = {3: {"factor": [0.2, 0.2]}}
    whole, scaled = preview.augmented(image, "report", [Sheet(1, brighter, 3), Sheet(1, brighter, 3, 1 / 255)])
    assert whole[0].astype(int).mean() - image.mean() < 52
    assert (scaled == 255).all()


def test_what_is_asked_beside_it_does_not_change_a_sheet(preview: Preview, image: np.ndarray) -> None:
    alone = preview.augmented(image, "report", [Sheet(3)], seed=2)[0]
    beside = preview.augmented(image, "report", [Sheet(2, only=1), Sheet(3), Sheet(2)], seed=2)[1]
    np.testing.assert_array_equal(alone, beside)
