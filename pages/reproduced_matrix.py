"""The report's section 3: sampling x loss on its simple CNN."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from fer_core.evaluation.references import REPORT_IMBALANCE
from fer_core.experiments.claims import Claim, matrix_claims, what_oversampling_buys
from fer_core.experiments.findings import Reproduced, alike, matrix_row, matrix_table
from fer_core.experiments.status import Standing
from fer_core.training.imbalance import REPORT_COLUMNS, ROWS
from fer_core.words import _
from pages.reproduced_data import found_in
from pages.reproduced_parts import precision_told, show_claims, show_run_it
from pages.tables import share_column, shares_written


def show_matrix(standing: Sequence[Standing]) -> Sequence[Claim]:
    st.header(_("3 · Class imbalance"), anchor="imbalance")
    cells = found_in(standing, "matrix")
    recorded = {
        way: {name: each for name, each in cells.items() if name.startswith(f"{way}/")} for way in ("report", "modern")
    }
    found = {way: alike(some) for way, some in recorded.items()}
    told = {way: [matrix_row(each) for each in some.values()] for way, some in found.items()}
    report_way, modern = (matrix_table(each) for each in told.values())
    rows = [
        {
            _("oversampling"): _(sampling),
            _("loss"): _(loss.replace("_", " ")),
            _("report"): REPORT_IMBALANCE.get((sampling, loss)),
            _("here"): report_way["mean"].get((sampling, loss)),
            _("seeds"): report_way["runs"].get((sampling, loss)),
            _("spread over seeds"): report_way["spread"].get((sampling, loss)),
            _("macro F1"): report_way["macro_f1"].get((sampling, loss)),
            _("recall of the rarest class"): report_way["rarest"].get((sampling, loss)),
            _("modern augmentation"): modern["mean"].get((sampling, loss)),
        }
        for sampling in ROWS
        for loss in REPORT_COLUMNS
    ]
    shares = [name for name in list(rows[0])[2:] if name != _("seeds")]
    table, columns = shares_written(pd.DataFrame(rows), shares), {name: share_column(name) for name in shares}
    st.dataframe(table, hide_index=True, column_config=columns, key="report_matrix", placeholder="–")
    show_way({_("here"): found["report"], _("modern augmentation"): found["modern"]})
    if left := sum(len(recorded[way]) - len(some) for way, some in found.items()):
        st.caption(_("Runs left out, as they were trained in another way than the others: {left}.").format(left=left))
    claims = show_claims(matrix_claims(told["report"]))
    st.markdown(
        _(
            "What oversampling buys, which the report did not try:\n"
            "- **with the report's augmentation**: {report}\n"
            "- **where every image is augmented in the modern way**: {modern}"
        ).format(report=bought(cells, "report"), modern=bought(cells, "modern"))
    )
    show_run_it("matrix", standing)
    return claims


def bought(cells: Mapping[str, Reproduced], way: str) -> str:
    """What oversampling buys under one augmentation: of these two columns alone more may have been run in one way."""
    wanted = tuple(f"{way}/{sampling}/cross_entropy/" for sampling in ("none", "full"))
    pair = alike({name: each for name, each in cells.items() if name.startswith(wanted)})
    return what_oversampling_buys([matrix_row(each) for each in pair.values()])


def show_way(columns: Mapping[str, Mapping[str, Reproduced]]) -> None:
    """How the cells of each column were run, which is one way for all of a column."""
    text = _("Validation accuracy of the best epoch; where there are several seeds, their mean.")
    for column, found in columns.items():
        if found and (differs := next(iter(found.values())).standing.variant.differs):
            text += " " + _("“{column}” differs from the report: {differs}.").format(column=column, differs=differs)
    everything = {name: each for found in columns.values() for name, each in found.items()}
    text += f" {precision_told(everything)}"
    st.caption(text)
