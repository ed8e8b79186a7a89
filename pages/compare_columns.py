"""Names and looks of the leaderboard's columns."""

import streamlit as st

from fer_core.comparison.leaderboard import COSTS
from fer_core.comparison.statistics import SCORES
from fer_core.words import N_, _
from pages.tables import SHARE, share_column

SCORE_NAMES = {
    "accuracy": (N_("Accuracy"), N_("Share of right answers")),
    "top2_accuracy": (N_("Top-2"), N_("How often the true class is among the first two")),
    "macro_f1": (N_("Macro F1"), N_("Each class counts the same, however few its images")),
    "precision": (N_("Precision"), N_("Weighted by the classes' images")),
    "recall": (N_("Recall"), N_("Weighted by the classes' images: the same as the accuracy")),
    "f1": (N_("F1"), N_("Weighted by the classes' images")),
    "mean_auc": (N_("Mean AUC"), N_("Area under the ROC curve, one class against the rest, plain mean")),
    "ece": (
        N_("Calibration error"),
        N_(
            "Mean gap between confidence and accuracy, 15 bins, lower is better. After temperature scaling: an "
            "ensemble's temperature is its own, a run's was fitted on the hold-out, or without one on validation"
        ),
    ),
}
GROUPS = {
    N_("Difference"): ["difference", "difference_low", "difference_high", "p_holm"],
    N_("Scores"): [name for name in SCORES if name != "accuracy"],
    N_("Intervals"): [f"{name}_{end}" for name in SCORES if name != "accuracy" for end in ("low", "high")],
    N_("Cost"): list(COSTS),
    N_("Origin"): ["kind", "origin", "network", "data", "images", "note"],
}
ORIGINS = (N_("shipped"), N_("own"), N_("imported"), N_("reference"))
"""Words of the table's cells, marked here to be translated."""
IN_PERCENT = [
    *GROUPS["Difference"][:3],
    *(f"{name}{end}" for name in SCORES if name != "mean_auc" for end in ("", "_low", "_high")),
]
ORDERS = {labels[0]: name for name, labels in SCORE_NAMES.items()} | {label: name for name, label in COSTS.items()}


def column_config(comparisons: int) -> dict[str, object]:
    """What the columns are called and how they are written; `comparisons` is the number of p-values in the table."""
    number = st.column_config.NumberColumn
    config: dict[str, object] = {
        "title": st.column_config.TextColumn(_("Model"), pinned=True, width="medium"),
        "kind": _("Kind"),
        "origin": _("From"),
        "network": _("Network"),
        "data": st.column_config.TextColumn(_("Data"), help=_("Fingerprint of the data set it was measured on")),
        "note": _("Note"),
        "images": number(_("Images"), format="localized"),
        "parameters": number(_("Parameters"), format="compact"),
        "megabytes": number(_("File (MB)"), format="%.1f"),
        "milliseconds": number(_("ms a face"), format="%.1f", help=_("Measured by `python -m fer_core runs time`")),
        "difference": number(_("Against baseline"), format="%+.1f", help=_("Accuracy, in percentage points")),
        "difference_low": number(_("… 95% from"), format="%+.1f", help=_("Paired bootstrap over images")),
        "difference_high": number(_("… to"), format="%+.1f"),
        "p_holm": st.column_config.TextColumn(
            "p",
            help=_(
                "McNemar's exact test: how often equally good models differ this much; adjusted by Holm's procedure "
                "for the {number} comparisons in the table"
            ).format(number=comparisons),
        ),
    }
    for name, (label, text) in SCORE_NAMES.items():
        form = "%.4f" if name == "mean_auc" else SHARE
        config[name] = number(_(label), format=form, help=_(text))
        drawn = _("Bootstrap interval, 2,000 resamples")
        if name == "ece":
            drawn = _("Bootstrap interval, reflected, as chance alone raises this error: it can lie above its interval")
        config[f"{name}_low"] = number(_("{score}: 95% from").format(score=_(label)), format=form, help=drawn)
        config[f"{name}_high"] = number(_("{score}: to").format(score=_(label)), format=form)
    config["accuracy_low"] = share_column(_("95% from"), _("Bootstrap interval of the accuracy"))
    config["accuracy_high"] = share_column(_("to"))
    return config
