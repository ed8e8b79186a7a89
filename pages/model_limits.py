"""The part of the model card that says what an ensemble can bear."""

from pathlib import Path

import streamlit as st

from fer_core.charts import CONFIG
from fer_core.charts.limits import accuracy_line
from fer_core.comparison.limits import Limits, Pipeline, Step, read_limits
from fer_core.files import from_here
from fer_core.prediction.card import SHIPPED_CARD, EnsembleCard
from fer_core.words import N_, _
from pages.commands import shown_command, shown_path
from pages.predict_lab import KINDS

DETECTORS = {"centerface": "CenterFace", "yunet": "YuNet"}
FIELDS = ("rotation", "blur", "resolution", "darkness", "occlusion")
WHERE = N_("**How robust it is**, measured on the {number:,} images held out from all training")


def command_for(name: str, path: Path) -> str:
    """The command of that name, asked about the ensemble whose card stands there."""
    return shown_command([name] if path == SHIPPED_CARD else [name, "--model", shown_path(from_here(path))])


def show_limits(card: EnsembleCard, path: Path) -> None:
    """What was measured of this ensemble, whose card stands there; how to measure it where nothing was."""
    limits = read_limits(card, path.parent)
    if limits is None:
        command = command_for("limits", path)
        st.caption(_("Robustness has not been measured yet: `{command}` does that.").format(command=command))
        return
    st.markdown(_(WHERE).format(number=limits.images))
    _show_disturbances(limits)
    for pipeline in limits.pipelines:
        st.markdown(_sentence(pipeline))


@st.fragment
def _show_disturbances(limits: Limits) -> None:
    field = st.pills(
        _("Horizontal axis"),
        [field for field in FIELDS if field in limits.disturbances],
        default="rotation",
        required=True,
        format_func=lambda field: _(KINDS[field][0]),
        key="limits-along",
        wrap=True,
    )
    _label, axis, number = KINDS[field]
    figure = accuracy_line(limits.disturbances[field], axis=_(axis), format_value=number)
    st.plotly_chart(figure, config=CONFIG, key="limits-course", alt=f"{_('accuracy')}: {_(axis)}")


def _sentence(pipeline: Pipeline) -> str:
    used = next(step for step in pipeline.margins if step.value == 0)
    return _(
        "- **Found and cropped again by {detector}**: it finds a face in {found:.1%} of the {images:,} pictures; "
        "{accuracy:.1%} of these are classified correctly (95%: {low:.1%} to {high:.1%}), against {alone:.1%} of the "
        "same pictures as they are. Tilted heads are levelled first: {tilts}."
    ).format(
        detector=DETECTORS[pipeline.detector],
        images=pipeline.images,
        found=pipeline.found / pipeline.images,
        accuracy=used.accuracy,
        low=used.interval.low,
        high=used.interval.high,
        alone=pipeline.alone.accuracy,
        tilts=", ".join(_tilt(step, pipeline.images) for step in pipeline.tilts),
    )


def _tilt(step: Step, images: int) -> str:
    """Those in which no face is found any more are the hardest, so that the accuracy says nothing without the share."""
    if step.found is None:
        return _("{tilt:.0f}° {accuracy:.1%} of those still found").format(tilt=step.value, accuracy=step.accuracy)
    return _("{tilt:.0f}° {accuracy:.1%} of the {found:.1%} still found").format(
        tilt=step.value, accuracy=step.accuracy, found=step.found / images
    )
