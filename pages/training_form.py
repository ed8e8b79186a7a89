"""The fields of a run, in the groups that belong together."""

from collections.abc import Callable
from typing import Any, get_args

import streamlit as st

from fer_core.access import read_only
from fer_core.files import runs_root
from fer_core.networks import NETWORKS
from fer_core.training.config import RunConfig
from fer_core.training.presets import presets
from fer_core.training.record import RecordError
from fer_core.training.warm_start import fields_of_warm_start, warm_starts
from fer_core.words import N_, _
from pages.training_data import Data, choose_data, corrections_file, fail

PRESET = "train_preset"
PREFIX = "train_"
FIELD_KEYS = {PREFIX + name for name in RunConfig.model_fields}
DEVICES = ("auto", "cpu", "gpu")
FIELD_WORDS = (
    *(N_("Network"), N_("Activation"), N_("Input size"), N_("Pretrained"), N_("Freeze epochs"), N_("Fine tune rate")),
    *(N_("Dropout"), N_("Optimizer"), N_("Learning rate"), N_("Momentum"), N_("Nesterov"), N_("Schedule")),
    *(N_("Weight decay"), N_("Clip norm"), N_("Epochs"), N_("Batch size"), N_("Small epochs"), N_("Small size")),
    *(N_("Early stopping"), N_("Ema"), N_("Precision"), N_("Sampling"), N_("Augmentation"), N_("Augment")),
    *(N_("Mixup"), N_("Loss"), N_("Label smoothing"), N_("Seed"), N_("Split seed"), N_("Validation share")),
    *(N_("Holdout"), N_("Split by"), N_("Flip averaging"), N_("Weights from"), N_("Soft labels"), N_("Soft share")),
    *(N_("Soft epochs"), N_("Training share")),
)
"""Labels of the fields of `RunConfig`, which are their names; marked for the catalogues."""


def choices(name: str) -> list[str]:
    return list(get_args(RunConfig.model_fields[name].annotation))


def take_preset() -> None:
    """Fill all fields from the chosen preset."""
    chosen = st.session_state[PRESET]
    for name, value in presets()[chosen].model_dump().items():
        st.session_state[PREFIX + name] = value
    st.session_state[PRESET] = chosen  # into the address with the fields, which are written there anew


def take_preset_of_link() -> None:
    """Complete an address that names a preset and no field, before the form is first drawn from it."""
    if PRESET in st.session_state or FIELD_KEYS & st.query_params.keys():
        return
    preset = presets().get(st.query_params.get(PRESET, ""), RunConfig())
    if chosen := preset.model_dump(exclude_defaults=True):
        whole = {PREFIX + name: str(value).lower() for name, value in chosen.items()}
        others = {name: st.query_params.get_all(name) for name in st.query_params}
        st.switch_page("pages/training.py", query_params=others | whole)


def take_warm_start() -> None:
    """Fill network and split from the run that is started from."""
    if run := st.session_state[PREFIX + "weights_from"]:
        try:
            found = fields_of_warm_start(run)
        except RecordError as error:
            fail(str(error))
            return
        for name, value in (found | {"pretrained": False}).items():
            st.session_state[PREFIX + name] = value


def default_of(name: str) -> Any:
    return RunConfig.model_fields[name].default


class Fields:
    """Draws widgets, each bound to the address under its field's name, and collects what they say.

    A widget leaves its own default out of the address: it must be that of the field.
    """

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        for name in RunConfig.model_fields:
            # Also of those not drawn yet: what a preset gives a key that Streamlit never met isn't put in the address.
            st.session_state.setdefault(PREFIX + name, default_of(name))

    def _common(self, name: str) -> dict[str, Any]:
        return {
            "label": _(name.replace("_", " ").capitalize()),
            "key": PREFIX + name,
            "help": f"`{name}`: {_(RunConfig.model_fields[name].description)}",
            "bind": "query-params",
            "persist_state": "session",
        }

    def choice(self, name: str, options: list[str] | None = None) -> str:
        """One of some words."""
        options = options or choices(name)
        index = options.index(default_of(name))
        self.values[name] = st.selectbox(options=options, index=index, **self._common(name))
        return self.values[name]

    def number(self, name: str, *, min_value: float, **options: Any) -> None:
        """A number, of the type of `min_value`; one that may be empty has None for its default."""
        value = default_of(name)
        if value is None:
            options["placeholder"] = _("the network's own") if name in ("input_size", "dropout") else _("off")
        else:
            value = type(min_value)(value)
        self.values[name] = st.number_input(value=value, min_value=min_value, **self._common(name), **options)

    def file(self, name: str) -> None:
        """The path of a file, or none; not in the address, as a link would make this machine open any path."""
        common = {**self._common(name), "bind": None}
        self.values[name] = st.text_input(value=None, placeholder=_("none"), **common) or None

    def run(self, name: str, options: list[str], on_change: Callable[[], None]) -> None:
        """A recorded run, or none."""
        self.values[name] = st.selectbox(
            **self._common(name), options=options, index=None, placeholder=_("none"), on_change=on_change
        )

    def switch(self, name: str, *, disabled: bool = False) -> None:
        """Yes or no; no where it can't be chosen."""
        if disabled:
            st.session_state[PREFIX + name] = False
        self.values[name] = st.toggle(value=default_of(name), disabled=disabled, **self._common(name))


def show_fields() -> tuple[Data, str, dict[str, Any]]:
    """The form; what is trained on, on which device, and the values of `RunConfig`'s fields as they are."""
    take_preset_of_link()
    st.selectbox(
        _("Start from"),
        list(presets()),
        key=PRESET,
        bind="query-params",
        persist_state="session",
        on_change=take_preset,
        help=_(
            "Fills all fields. “Report's …” are the optima that the course report found; the others are what works "
            "well here."
        ),
    )
    fields = Fields()
    first, second, third = st.columns(3)
    with first:
        st.markdown(_("**Network**"))
        spec = NETWORKS[fields.choice("network", list(NETWORKS))]
        fields.number("input_size", min_value=24, max_value=256, step=1)
        fields.choice("activation")
        if spec.dropout:
            fields.number("dropout", min_value=0.0, max_value=0.99, step=0.05)
        fields.switch("pretrained", disabled=not spec.pretrained)
        if fields.values["pretrained"]:
            fields.number("freeze_epochs", min_value=0, step=1)
            fields.number("fine_tune_rate", min_value=0.001, max_value=1.0, step=0.05, format="%g")
        elif not read_only() and (runs := [str(run) for run in warm_starts(runs_root())]):
            fields.run("weights_from", runs, take_warm_start)
    with second:
        st.markdown(_("**Learning**"))
        fields.choice("optimizer")
        fields.number("learning_rate", min_value=1e-7, max_value=10.0, step=1e-3, format="%g")
        fields.choice("schedule")
        fields.number("epochs", min_value=1, max_value=2000, step=1)
        fields.number("batch_size", min_value=1, max_value=4096, step=16)
        fields.number("early_stopping", min_value=1, step=1)
    with third:
        st.markdown(_("**Data and loss**"))
        data = choose_data(st.selectbox, key="train_data")
        fields.choice("sampling")
        fields.choice("loss")
        fields.choice("augmentation")
        fields.choice("augment")
        corrections = corrections_file()
        if corrections and not st.toggle(_("Apply review decisions"), key="train_corrections", bind="query-params"):
            corrections = None
    with st.expander(_("Regularization, seeds, split and device"), icon=":material/tune:"):
        device = show_more(fields)
    return Data(data, corrections), device, fields.values


def show_more(fields: Fields) -> str:
    """The fields that are seldom changed; the chosen device."""
    first, second, third = st.columns(3)
    with first:
        fields.number("weight_decay", min_value=0.0, max_value=1.0, step=1e-4, format="%g")
        fields.number("clip_norm", min_value=1e-6, step=0.5, format="%g")
        fields.number("label_smoothing", min_value=0.0, max_value=0.99, step=0.05)
        fields.number("mixup", min_value=0.0, max_value=2.0, step=0.1)
        fields.number("ema", min_value=0.5, max_value=0.9999, step=0.001, format="%g")
        if not read_only():  # no guest looks around on the machine
            fields.file("soft_labels")
        if fields.values.get("soft_labels"):
            fields.number("soft_share", min_value=0.01, max_value=1.0, step=0.05)
            fields.number("soft_epochs", min_value=0, step=1)
    with second:
        fields.number("momentum", min_value=0.0, max_value=0.999, step=0.05)
        fields.switch("nesterov")
        fields.number("small_epochs", min_value=0, step=1)
        fields.number("small_size", min_value=24, max_value=256, step=1)
        fields.choice("precision")
    with third:
        fields.number("seed", min_value=0, step=1)
        fields.number("split_seed", min_value=0, step=1)
        fields.number("validation_share", min_value=0.01, max_value=0.5, step=0.05)
        fields.number("training_share", min_value=0.01, max_value=1.0, step=0.05)
        fields.choice("split_by")
        fields.switch("holdout")
        fields.switch("flip_averaging")
        return st.selectbox(_("Device"), DEVICES, key="train_device", bind="query-params")
