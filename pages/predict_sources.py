"""Where the Predict page takes its pictures from."""

import streamlit as st

from fer_core.prediction.samples import SAMPLES
from fer_core.words import N_, _
from pages.address import choose_one

PHOTO_MEGABYTES = 50
FILE_TYPES = ["jpg", "jpeg", "png", "webp", "bmp", "gif", "tif", "tiff"]
PICTURES = {
    "sample": N_(":material/image: Sample"),
    "photo": N_(":material/upload: Photo"),
    "webcam": N_(":material/photo_camera: Webcam"),
}
SOURCES = PICTURES | {"live": N_(":material/videocam: Live"), "video": N_(":material/movie: Video")}

Picture = tuple[str, bytes]  # name and file content


def choose_source() -> str:
    """One of `SOURCES`."""
    return choose_one(
        st.segmented_control,
        _("Picture from"),
        list(SOURCES),
        required=True,
        format_func=lambda source: _(SOURCES[source]),
        key="source",
    )


def choose_pictures(source: str) -> list[Picture]:
    """What was given through one of `PICTURES`; empty where nothing was yet."""
    if source == "photo":
        files = st.file_uploader(
            _("Photos"),
            FILE_TYPES,
            accept_multiple_files=True,
            max_upload_size=PHOTO_MEGABYTES,
            help=_("One or many, up to 50 MB each"),
        )
        return [(file.name, file.getvalue()) for file in files]
    if source == "webcam":
        shot = st.camera_input(_("Look into the camera and take the picture"))
        return [("webcam.jpg", shot.getvalue())] if shot else []
    number = st.radio(
        _("Sample"), range(len(SAMPLES)), format_func=lambda number: _(SAMPLES[number].title), key="sample"
    )
    sample = SAMPLES[number]
    st.caption(_(sample.credit))
    return [(sample.title, sample.read())]


def show_privacy() -> None:
    st.caption(_(":material/lock: Pictures are read on the machine that runs this page. None is stored or sent on."))
