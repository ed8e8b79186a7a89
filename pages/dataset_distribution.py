"""Dataset, Distribution: how many images of each class, before and after sampling."""

import numpy as np
import pandas as pd
import streamlit as st

from fer_core.charts import CONFIG, class_counts
from fer_core.charts.dataset import sampled_counts
from fer_core.datasets import summary
from fer_core.datasets.audit import recorded_audit
from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.sampling import DISGUSTED_COPIES, class_weights
from fer_core.datasets.splits import split_labels, split_training
from fer_core.emotions import EMOTIONS, SYMBOLS
from fer_core.words import N_, _
from pages.address import choose_one
from pages.dataset_source import Source

SAMPLINGS = {"none": N_("none"), "mild": N_("mild ×{copies}"), "full": N_("full ×{copies}")}


@st.cache_data(max_entries=64, show_spinner=False)
def parts_of(
    key: str, _dataset: FaceDataset | None, seed: int, share: float, by_duplicates: bool
) -> dict[str, np.ndarray]:
    """Labels of training, validation, PublicTest and PrivateTest."""
    if _dataset is None:
        counts = recorded_audit()["counts"]
        train, validation = split_labels(summary.labels_of(counts["Training"]), seed=seed, validation_share=share)
        tests = {usage: summary.labels_of(counts[usage]) for usage in ("PublicTest", "PrivateTest")}
        return {"training": train, "validation": validation, **tests}
    split = split_training(_dataset, seed=seed, validation_share=share, by_duplicates=by_duplicates)
    tests = {usage: _dataset.labels[_dataset.where(usage)] for usage in ("PublicTest", "PrivateTest")}
    return {"training": _dataset.labels[split.train], "validation": _dataset.labels[split.validation], **tests}


def show_distribution(source: Source) -> None:
    controls, charts = st.columns([1, 3], gap="large")
    with controls:
        sampling = choose_one(
            st.segmented_control,
            _("Oversampling"),
            list(SAMPLINGS),
            required=True,
            format_func=lambda name: _(SAMPLINGS[name]).format(copies=DISGUSTED_COPIES.get(name)),
            key="data_sampling",
            help=_(
                "As in the report: each “disgusted” image gets 10 or 18 augmented copies, each image of the other "
                "classes one, “happy” none."
            ),
        )
        share = st.slider(
            _("Validation share"), 0.05, 0.5, 0.2, 0.05, key="data_share", format="percent", persist_state="session"
        )
        seed = st.number_input(_("Split seed"), 0, 9999, 0, key="data_seed", persist_state="session")
        known = source.dataset is not None
        by_duplicates = st.toggle(
            _("Keep copies together"),
            value=known,
            disabled=not known,
            key=f"data_groups_{known}",  # one key would keep the value that it had without pictures
            persist_state="session",
            help=_("Byte-identical images on both sides of a split make the validation accuracy too good."),
        )
    try:
        parts = parts_of(source.key, source.dataset, int(seed), share, by_duplicates)
    except ValueError as error:
        charts.error(str(error))
        return
    counts = {name: summary.class_counts(labels) for name, labels in parts.items()}
    added = summary.copies(parts["training"], sampling)
    total = counts["training"] + added
    with charts:
        before, after = summary.imbalance_ratio(counts["training"]), summary.imbalance_ratio(total)
        with st.container(horizontal=True):
            st.metric(_("Training images"), f"{total.sum():,}", f"+{added.sum():,}" if added.any() else None)
            st.metric(_("Validation images"), f"{counts['validation'].sum():,}")
            st.metric(_("Test images"), f"{counts['PublicTest'].sum() + counts['PrivateTest'].sum():,}")
            st.metric(
                _("Imbalance ratio"),
                f"{after:.1f} : 1",
                f"{after - before:+.1f}" if added.any() else None,
                delta_color="inverse",
                help=_("Images of the largest class for each image of the smallest, in the training part"),
            )
        told = ", ".join(f"{_(emotion)} {number:,}" for emotion, number in zip(EMOTIONS, total, strict=True))
        figure = sampled_counts(counts["training"], added)
        st.plotly_chart(figure, config=CONFIG, key="data_chart_sampled", alt=f"{_('Training images')}: {told}")
        heading = _("All parts side by side")
        with st.expander(heading, icon=":material/bar_chart:", on_change="rerun") as parts_shown:
            if parts_shown.open:
                named = {_(name): values for name, values in counts.items()}
                st.plotly_chart(class_counts(named), config=CONFIG, key="data_chart_parts", alt=heading)
    rows = table(counts, added)
    # Plain: a grid that can be sorted takes the browser 0.2 s to draw anew after each choice.
    st.table(rows.style.format({name: number_format(name) for name in rows.columns}))
    st.caption(
        _(
            "Class weights are those of the loss “cross-entropy + class weights”: images / (7 × images of the class), "
            "of what is trained on, copies included."
        )
    )


def number_format(column: str) -> str:
    """The same precision down a column."""
    if column == _("class weight"):
        return "{:.3f}"
    return "{:.1f}" if column.endswith("%") else "{:,}"


def table(counts: dict[str, np.ndarray], added: np.ndarray) -> pd.DataFrame:
    """A row a class: counts and shares of each part, copies and weight."""
    columns: dict[str, object] = {}
    for name, values in counts.items():
        columns[_(name)] = values
        columns[f"{_(name)} %"] = (100 * values / max(values.sum(), 1)).round(1)
    columns[_("copies")] = added
    sampled = counts["training"] + added
    columns[_("after sampling %")] = (100 * sampled / max(sampled.sum(), 1)).round(1)
    columns[_("class weight")] = class_weights(np.repeat(np.arange(len(sampled)), sampled)).round(3)
    return pd.DataFrame(columns, index=[f"{SYMBOLS[emotion]}\u00a0{_(emotion)}" for emotion in EMOTIONS])
