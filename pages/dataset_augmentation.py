"""Dataset, Augmentation: one picture under each layer of a preset, by the code that training uses."""

import numpy as np
import streamlit as st

from fer_core.datasets.dataset import FaceDataset
from fer_core.emotions import EMOTIONS, SYMBOLS
from fer_core.training.preview import Preview, PreviewError
from fer_core.words import N_, _
from pages.dataset_source import Source

VARIANTS, ENLARGED, WIDTH, FRAME = 8, 2, 80, 150
PRESETS = {"report": N_("the report's"), "modern": N_("modern")}
SLIDERS: dict[str, tuple[str, float, float, float]] = {
    "factor": (N_("factor"), 0.0, 1.0, 0.05),
    "height_factor": (N_("height, share of the side"), 0.0, 0.5, 0.05),
    "width_factor": (N_("width, share of the side"), 0.0, 0.5, 0.05),
    "rotation": (N_("rotation, degrees"), 0.0, 90.0, 5.0),
    "shift": (N_("shift, share of the side"), 0.0, 0.5, 0.02),
    "zoom": (N_("zoom, change of scale"), 0.0, 0.5, 0.05),
}
"""Settings that get a slider: label, lowest, highest, step."""


@st.cache_resource(show_spinner=False)
def helper() -> Preview:
    return Preview()


@st.cache_data(show_spinner=False)
def layers_of(preset: str) -> list[dict]:
    with st.spinner(_("Starting the augmentation process …")):
        return helper().layers(preset)


@st.cache_data(max_entries=256, show_spinner=False)
def variants_of(
    image: np.ndarray, preset: str, settings: dict, only: int | None, seed: int, scale: float = 1.0
) -> list[np.ndarray]:
    """Variants, enlarged, each in a gray frame that shows where a white or black one ends."""
    variants = helper().augmented(image, preset, VARIANTS, settings=settings, only=only, seed=seed, scale=scale)
    large = np.kron(variants, np.ones((1, ENLARGED, ENLARGED), np.uint8))
    return list(np.pad(large, ((0, 0), (1, 1), (1, 1)), constant_values=FRAME))


@st.cache_data(max_entries=256, show_spinner=False)
def turned(image: np.ndarray, preset: str, place: int, end: float) -> np.ndarray:
    """The picture rotated by just this share of a full turn."""
    return helper().augmented(image, preset, 1, settings={place: {"factor": [end, end]}}, only=place)[0]


def choose_picture(dataset: FaceDataset) -> np.ndarray:
    emotion = st.selectbox(
        _("Class"), EMOTIONS, index=3, format_func=lambda name: f"{SYMBOLS[name]} {_(name)}", key="data_augment_class"
    )
    of_class = np.flatnonzero(dataset.labels == EMOTIONS.index(emotion))
    number = st.number_input(_("Picture"), 1, len(of_class), 1, key="data_augment_picture")
    return dataset.images[of_class[int(number) - 1]]


def show_augmentation(source: Source) -> None:
    controls, shown = st.columns([1, 3], gap="large")
    with controls:
        image = choose_picture(source.dataset)
        st.image(image, width=120, caption=_("As it is"))
        preset = st.segmented_control(
            _("Preset"),
            list(PRESETS),
            default="report",
            required=True,
            format_func=lambda preset: _(PRESETS[preset]),
            key="data_preset",
        )
        seed = int(st.number_input(_("Seed"), 0, 9999, 0, key="data_augment_seed"))
    with shown:
        try:
            layers = layers_of(preset)
            settings = {place: show_layer(image, preset, place, layer, seed) for place, layer in enumerate(layers)}
            st.markdown(_("**All layers together**, as in training"))
            st.image(variants_of(image, preset, settings, None, seed), width=WIDTH)
        except PreviewError as error:
            st.error(str(error), icon=":material/error:")
            return
        st.caption(
            _(
                "Computed by the layers that training uses, in a process of their own, on pixels in [0, 255]. The "
                "strengths set here change this preview only."
            )
        )


def show_layer(image: np.ndarray, preset: str, place: int, layer: dict, seed: int) -> dict:
    """A layer's name, sliders and effect; the settings that differ from the preset's."""
    changed = {}
    with st.container(border=True):
        st.markdown(f"**{layer['name']}**({arguments(layer['settings'])})")
        with st.container(horizontal=True):
            for name, value in layer["settings"].items():
                if name in SLIDERS:
                    label, low, high, step = SLIDERS[name]
                    own = max(map(abs, value)) if isinstance(value, list) else float(value)
                    set_to = st.slider(_(label), low, high, own, step, key=f"data_{preset}_{place}_{name}", width=220)
                    if set_to != own:
                        symmetric = isinstance(value, list) and value[0] < 0
                        changed[name] = [-set_to if symmetric else 0.0, set_to] if isinstance(value, list) else set_to
        st.image(variants_of(image, preset, {place: changed}, place, seed), width=WIDTH)
        explain(image, preset, place, layer, {**layer["settings"], **changed})
    return changed


def arguments(settings: dict) -> str:
    return ", ".join(
        f"{name}={value}" for name, value in settings.items() if name in SLIDERS or name in ("flip", "mode")
    )


def explain(image: np.ndarray, preset: str, place: int, layer: dict, settings: dict) -> None:
    """What a number in Keras's notation means, where it is easily misread."""
    if layer["name"] == "RandomRotation":
        largest = max(map(abs, settings["factor"]))
        st.caption(
            _("A factor of {factor} is a share of a full turn: up to ±{degrees:.0f} degrees. At both ends:").format(
                factor=largest, degrees=360 * largest
            )
        )
        with st.container(horizontal=True):
            for end in (-largest, largest):
                st.image(turned(image, preset, place, end), width=96, caption=f"{360 * end:+.0f}°")
    elif layer["name"] == "RandomBrightness":
        low, high = settings["value_range"]
        largest = max(map(abs, settings["factor"]))
        st.caption(
            _(
                "A factor of {factor} adds up to ±{shift:.0f} gray values: it is a share of `value_range`, here "
                "[{low:.0f}, {high:.0f}]. Keras takes [0, 255] unless told; on pixels already scaled to [0, 1] the "
                "same layer leaves a face like this:"
            ).format(factor=largest, shift=largest * (high - low), low=low, high=high)
        )
        st.image(variants_of(image, preset, {place: {"factor": settings["factor"]}}, place, 0, 1 / 255), width=WIDTH)
