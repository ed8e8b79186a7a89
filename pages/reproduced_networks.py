"""The report's section 4: five networks, and the grid search that found how to train them."""

from collections.abc import Mapping, Sequence

import streamlit as st

from fer_core.charts import CONFIG, confusion_matrix, learning_curves
from fer_core.charts.studies import parallel_coordinates
from fer_core.evaluation.references import REPORT_NETWORKS
from fer_core.experiments.claims import Claim, network_claims
from fer_core.experiments.findings import Reproduced, alike, grid_table, networks_table
from fer_core.experiments.grid_claims import grid_claims, search_claim, search_table
from fer_core.experiments.search import Search
from fer_core.experiments.status import Standing
from fer_core.training.grid import SEARCHED
from fer_core.words import N_, _
from pages.address import choose_metric, choose_one
from pages.reproduced_data import found_in, found_search
from pages.reproduced_parts import precision_told, show_claims, show_run_it
from pages.tables import share_column, shares_written

WORDS = (N_("learning rate"), N_("optimizer"), N_("activation"))
"""What was searched, marked here to be translated."""


def show_networks(standing: Sequence[Standing]) -> list[Claim]:
    st.header(_("4 · Five networks"), anchor="networks")
    found = found_in(standing, "base")
    columns = {
        "network": _("network"),
        "report_accuracy": _("report"),
        "accuracy": _("here"),
        "low": _("95% from"),
        "high": _("to"),
        "report_top2": _("report, top-2"),
        "top2": _("here, top-2"),
        "gap": _("training minus validation"),
        "epochs": _("epochs"),
        "differs": _("differs from the report in"),
    }
    named = ("report_accuracy", "accuracy", "low", "high", "report_top2", "top2", "gap")
    shares = [columns[name] for name in named]
    table = shares_written(networks_table(found).rename(columns=columns), shares)
    config = {name: share_column(name) for name in shares}
    st.dataframe(table, hide_index=True, column_config=config, key="report_networks", placeholder="–")
    for reason in {each.gap.untold for each in found.values()} - {""}:
        st.caption(f"{columns['gap']}: {_(reason)}.")
    if found:
        st.caption(precision_told(found))
        show_one(found)
    claims = [*show_claims(network_claims(found))]
    show_run_it("base", standing)
    return claims + show_grid(standing)


def show_one(found: Mapping[str, Reproduced]) -> None:
    """Learning curves of all, and the confusion matrix of one."""
    left, right = st.columns(2, gap="medium")
    with left:
        metric = choose_metric(st.segmented_control, key="rep_metric")
        histories = {REPORT_NETWORKS[name].name: each.run.history for name, each in found.items()}
        kept = {REPORT_NETWORKS[name].name: each.run.record.kept_epoch for name, each in found.items()}
        figure = learning_curves(histories, metric, kept_epochs=kept)
        st.plotly_chart(figure, config=CONFIG, key="report_curves", alt=_(metric.replace("_", " ")))
    with right:
        names = {REPORT_NETWORKS[name].name: name for name in found}
        chosen = names[choose_one(st.selectbox, _("Confusion matrix of"), list(names), key="rep_network")]
        matrix = confusion_matrix(found[chosen].evaluation.confusion)
        told = f"{REPORT_NETWORKS[chosen].name}: {_('Confusion')}"
        st.plotly_chart(matrix, config=CONFIG, key="report_confusion", alt=told)


def show_grid(standing: Sequence[Standing]) -> Sequence[Claim]:
    st.subheader(_("Grid search"), anchor="grid")
    networks = {reference.name: name for name, reference in REPORT_NETWORKS.items()}
    network = networks[choose_one(st.selectbox, _("Network"), list(networks), key="rep_grid")]
    grids = {each: grid_of(each, standing) for each in networks.values()}
    _points, found, search = grids[network]
    table = grid_table(found)
    if len(table):
        names = {name: _(name.replace("_", " ")) for name in SEARCHED}
        names |= {"accuracy": _("accuracy"), "low": _("95% from"), "high": _("to"), "top2": _("Top-2")}
        names |= {"epochs": _("epochs"), "differs": _("differs from the report in")}
        shown = table if table["differs"].any() else table.drop(columns="differs")
        if len(table) > 1:
            figure = parallel_coordinates(table, SEARCHED, "accuracy")
            st.plotly_chart(figure, config=CONFIG, key="report_grid_lines", alt=_("Grid search"))
        shares = [names[name] for name in ("accuracy", "low", "high", "top2")]
        config = {name: share_column(name) for name in shares}
        config[names["learning_rate"]] = st.column_config.NumberColumn(format="%g")
        written = shares_written(shown.rename(columns=names), shares)
        st.dataframe(written, hide_index=True, column_config=config, key="report_grid")
        st.caption(precision_told(found))
    if search:
        show_search(search)
    claims = {each: claims_of(each, *grid) for each, grid in grids.items()}
    show_claims(claims[network])
    show_run_it("grid", standing)
    return [claim for each in claims.values() for claim in each]


def claims_of(
    network: str, points: Sequence[Standing], found: Mapping[str, Reproduced], search: Search | None
) -> Sequence[Claim]:
    """What a network's grid, or a search of it, says of the report's optimum."""
    return [search_claim(search)] if search else grid_claims(found, network, len(points))


def grid_of(
    network: str, standing: Sequence[Standing]
) -> tuple[Sequence[Standing], Mapping[str, Reproduced], Search | None]:
    """A network's grid: all of its runs, those recorded in one way, and a search where these are not all."""
    points = [each for each in standing if each.experiment.id.startswith(f"grid/{network}/")]
    found = alike(found_in(points, "grid"))
    return points, found, found_search(network) if len(found) < len(points) else None


def show_search(search: Search) -> None:
    """The runs of a search, best first, and how it was done."""
    table = search_table(search)
    if table["accuracy"].notna().any():
        figure = parallel_coordinates(table, SEARCHED, "accuracy")
        st.plotly_chart(figure, config=CONFIG, key="report_search_lines", alt=_("Grid search"))
    names = {name: _(name.replace("_", " ")) for name in SEARCHED}
    names |= {"accuracy": _("accuracy"), "epochs": _("epochs"), "ended": _("state")}
    config = {names["accuracy"]: share_column(names["accuracy"])}
    config[names["learning_rate"]] = st.column_config.NumberColumn(format="%g")
    table["ended"] = table["ended"].map(_)
    written = shares_written(table.rename(columns=names), [names["accuracy"]])
    st.dataframe(written, hide_index=True, column_config=config, key="report_search", placeholder="–")
    text = _(
        "{how}: each learned from {images:,} images and was given up once it was not among the best third of those "
        "that had come as far (1, 3, 9 epochs). Runs that were not given up stand first, then those that came "
        "furthest. Accuracy of the best epoch on all {validation:,} validation images."
    ).format(
        how=search.how[:1].upper() + search.how[1:], images=search.train_images, validation=search.validation_images
    )
    st.caption(text)
