"""Dataset, Augmentation: one picture under each layer of a preset, by the code that training uses."""

from itertools import chain, islice

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fer_core.datasets.dataset import FaceDataset
from fer_core.emotions import EMOTIONS, SYMBOLS
from fer_core.training.preview import Preview, PreviewError, Sheet
from fer_core.words import N_, _
from pages.address import choose_one
from pages.dataset_source import Source
from pages.picture_grid import picture_row

VARIANTS, WIDTH = 8, 82
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
def sheets_of(image: np.ndarray, preset: str, sheets: list[Sheet], seed: int) -> list[np.ndarray]:
    """All that a page shows of a picture: one question to the process for it."""
    return helper().augmented(image, preset, sheets, seed=seed)


def choose_picture(dataset: FaceDataset) -> np.ndarray:
    emotion = choose_one(
        st.selectbox,
        _("Class"),
        EMOTIONS,
        start="happy",
        format_func=lambda name: f"{SYMBOLS[name]} {_(name)}",
        key="data_augment_class",
    )
    of_class = np.flatnonzero(dataset.labels == EMOTIONS.index(emotion))
    number = st.number_input(_("Picture"), 1, len(of_class), 1, key="data_augment_picture")
    return dataset.images[of_class[int(number) - 1]]


def show_augmentation(source: Source) -> None:
    controls, shown = st.columns([1, 3], gap="large")
    with controls:
        image = choose_picture(source.dataset)
        caption = _("As it is")
        st.image(image, width=120, caption=caption, alt=caption)
        preset = choose_one(
            st.segmented_control,
            _("Preset"),
            list(PRESETS),
            required=True,
            format_func=lambda preset: _(PRESETS[preset]),
            key="data_preset",
        )
        seed = int(st.number_input(_("Seed"), 0, 9999, 0, key="data_augment_seed", persist_state="session"))
    with shown:
        try:
            layers = layers_of(preset)
            boxes = [st.container(border=True) for _layer in layers]
            changes = {
                place: choose_strength(box, preset, place, layer)
                for place, (box, layer) in enumerate(zip(boxes, layers, strict=True))
            }
            wanted = [sheets_about(place, layer, changes[place]) for place, layer in enumerate(layers)]
            together = Sheet(VARIANTS, changes)
            *answers, all_layers = sheets_of(image, preset, [*chain(*wanted), together], seed)
        except PreviewError as error:
            st.error(str(error), icon=":material/error:")
            return
        answered = iter(answers)
        for place, (box, layer) in enumerate(zip(boxes, layers, strict=True)):
            with box:
                show_layer(
                    layer["name"], {**layer["settings"], **changes[place]}, *islice(answered, len(wanted[place]))
                )
        st.markdown(_("**All layers together**, as in training"))
        picture_row(all_layers, preset, WIDTH)
        st.caption(
            _(
                "Computed by the layers that training uses, in a process of their own, on pixels in [0, 255]. The "
                "strengths set here change this preview only."
            )
        )


def choose_strength(box: DeltaGenerator, preset: str, place: int, layer: dict) -> dict:
    """A layer's name and sliders; the settings that differ from the preset's."""
    changed = {}
    box.markdown(f"**{layer['name']}**({arguments(layer['settings'])})")
    with box.container(horizontal=True):
        for name, value in layer["settings"].items():
            if name in SLIDERS:
                label, low, high, step = SLIDERS[name]
                own = max(map(abs, value)) if isinstance(value, list) else float(value)
                key = f"data_{preset}_{place}_{name}"
                set_to = st.slider(_(label), low, high, own, step, key=key, width=220, persist_state="session")
                if set_to != own:
                    symmetric = isinstance(value, list) and value[0] < 0
                    changed[name] = [-set_to if symmetric else 0.0, set_to] if isinstance(value, list) else set_to
    return changed


def sheets_about(place: int, layer: dict, changed: dict) -> list[Sheet]:
    """What is shown of a layer: variants, and what its numbers mean where that is easily misread."""
    sheets = [Sheet(VARIANTS, {place: changed}, place)]
    if layer["name"] == "RandomRotation":
        largest = max(map(abs, {**layer["settings"], **changed}["factor"]))
        sheets += [Sheet(1, {place: {"factor": [end, end]}}, place) for end in (-largest, largest)]
    elif layer["name"] == "RandomBrightness":
        sheets.append(Sheet(VARIANTS, {place: changed}, place, scale=1 / 255))
    return sheets


def arguments(settings: dict) -> str:
    return ", ".join(
        f"{name}={value}" for name, value in settings.items() if name in SLIDERS or name in ("flip", "mode")
    )


def show_layer(name: str, settings: dict, variants: np.ndarray, *more: np.ndarray) -> None:
    """A layer's effect, and what a number in Keras's notation means."""
    picture_row(variants, name, WIDTH)
    if name == "RandomRotation":
        largest = max(map(abs, settings["factor"]))
        st.caption(
            _("A factor of {factor} is a share of a full turn: up to ±{degrees:.0f} degrees. At both ends:").format(
                factor=largest, degrees=360 * largest
            )
        )
        with st.container(horizontal=True):
            for end, turned in zip((-largest, largest), more, strict=True):
                caption = f"{360 * end:+.0f}°"
                st.image(turned[0], width=96, caption=caption, alt=f"{name} {caption}")
    elif name == "RandomBrightness":
        low, high = settings["value_range"]
        largest = max(map(abs, settings["factor"]))
        st.caption(
            _(
                "A factor of {factor} adds up to ±{shift:.0f} gray values: it is a share of `value_range`, here "
                "[{low:.0f}, {high:.0f}]. Keras takes [0, 255] unless told; on pixels already scaled to [0, 1] the "
                "same layer leaves a face like this:"
            ).format(factor=largest, shift=largest * (high - low), low=low, high=high)
        )
        picture_row(more[0], name, WIDTH)
