"""The panel that gets FER2013 onto this machine."""

import streamlit as st

from fer_core.datasets.errors import DatasetError
from fer_core.datasets.report import ImportReport
from fer_core.datasets.store import (
    KAGGLE_HANDLES,
    REPORT_FILE,
    STORE,
    STORE_FILE,
    default_source,
    keep_upload,
    kept_uploads,
    last_import,
)
from fer_core.words import _
from pages.commands import shown_command, typed_path
from pages.dataset_jobs import refused, show_job, start
from pages.written import as_written

KIND = "import"
RESULT = str(STORE / STORE_FILE)
TOLD = 20
"""Files left out that are named."""
UPLOAD_MB = 400
"""The zip has 64 MB, fer2013.csv 300."""


def show_import() -> None:
    """Kaggle, a path on this machine or an upload; an import that was interrupted goes on when it is started again."""
    st.markdown(_("FER2013 is for research use and not part of this program."))
    if refused():
        return
    stored = str(STORE / STORE_FILE)
    if (shown := default_source()) not in (None, stored):
        st.caption(
            _(
                ":material/info: `FER_DATA` names `{path}`, which stays the data set in use. An import is kept as "
                "`{store}` and shown once `FER_DATA` is unset."
            ).format(path=shown, store=stored)
        )
    job = show_job(KIND)
    busy = bool(job and not job.state.ended)
    if not busy:
        for path in kept_uploads(STORE):
            st.caption(
                _(
                    "What was sent is kept as `{path}`, as it could not be imported; send it again to replace it."
                ).format(path=path)
            )
    handle = st.selectbox(_("From Kaggle"), KAGGLE_HANDLES, key="data_import_handle")
    fetch = ["data", "import", "kaggle", "--kaggle", handle]
    if st.button(_("Download"), icon=":material/cloud_download:", type="primary", disabled=busy):
        start(KIND, handle, *fetch, result=RESULT)
    st.code(shown_command(fetch), language="sh", wrap_lines=True)
    path = typed_path(
        st.text_input(
            _("Or a folder, zip or fer2013.csv on this machine"), key="data_import_path", placeholder="archive.zip"
        )
    )
    sent = st.file_uploader(
        _("Or the zip or fer2013.csv from your own device"),
        type=["zip", "csv"],
        max_upload_size=UPLOAD_MB,
        key="data_import_upload",
    )
    if path and sent:
        st.warning(_("Give a path or a file, not both."), icon=":material/warning:")
    if st.button(_("Import"), icon=":material/drive_folder_upload:", disabled=busy or bool(path) == bool(sent)):
        try:
            source = path or str(keep_upload(sent.getvalue(), sent.name, STORE))
        except DatasetError as error:
            st.error(as_written(str(error)), icon=":material/error:")
            return
        start(KIND, path or sent.name, "data", "import", source, result=RESULT)
    if path:
        st.code(shown_command(["data", "import", path]), language="sh", wrap_lines=True)
    if job and job.state == "finished":
        show_report()


def show_report() -> None:
    """What became of the files of the last import."""
    report = last_import(STORE)
    if report is None:
        return
    st.success(_("FER2013 was imported: {read:,} images.").format(read=report.read), icon=":material/check:")
    show_left_out(report)
    if len(report.skipped) > TOLD:
        st.caption(_("All of them are in `{path}`.").format(path=STORE / REPORT_FILE))


def show_left_out(report: ImportReport) -> None:
    """What is unusual about a data set, and the first of the files that were left out."""
    for sentence in report.warnings:
        st.warning(as_written(sentence), icon=":material/warning:")
    if report.skipped:
        with st.expander(_("Left out: {count:,} files").format(count=len(report.skipped)), icon=":material/block:"):
            st.markdown("\n".join(f"- {as_written(sentence)}" for sentence in report.skipped[:TOLD]))
