"""Where the Predict page takes its pictures from."""

from itertools import accumulate

import streamlit as st

from fer_core.prediction.samples import SAMPLES
from fer_core.words import N_, _
from pages.address import choose_one
from pages.written import as_written

PHOTO_MEGABYTES = 50
KEPT = "photos-kept"
KEPT_MEGABYTES = 100
"""Of a person's photos together: an uploader forgets its files as soon as it is not shown."""
LEFT_OUT = "photos-left-out"
"""How many more there were."""
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
        wrap=True,
    )


def choose_pictures(source: str) -> list[Picture]:
    """What was given through one of `PICTURES`; empty where nothing was yet."""
    if source == "photo":
        return _choose_photos()
    if source == "webcam":
        shot = st.camera_input(_("Look into the camera and take the picture"))
        return [("webcam.jpg", shot.getvalue())] if shot else []
    title = choose_one(st.radio, _("Sample"), [sample.title for sample in SAMPLES], key="sample")
    sample = next(sample for sample in SAMPLES if sample.title == title)
    st.caption(_(sample.credit))
    return [(sample.title, sample.read())]


def _choose_photos() -> list[Picture]:
    """What is uploaded, else what was before another source was looked at."""
    files = st.file_uploader(
        _("Photos"),
        FILE_TYPES,
        accept_multiple_files=True,
        max_upload_size=PHOTO_MEGABYTES,
        help=_("One or many, up to 50 MB each"),
        key="photos",
        on_change=_keep_photos,
    )
    if files:
        return [(file.name, file.getvalue()) for file in files]
    kept: list[Picture] = st.session_state.get(KEPT, [])
    if kept:
        names = as_written(", ".join(name for name, _content in kept))
        st.caption(_("Uploaded before: {names}").format(names=names))
        if left_out := st.session_state[LEFT_OUT]:
            told = _("{number} more were too large to keep ({megabytes} MB in all); upload them again.")
            st.caption(told.format(number=left_out, megabytes=KEPT_MEGABYTES))
        st.button(_("Remove"), icon=":material/delete:", on_click=st.session_state.pop, args=(KEPT, None))
    return kept


def _keep_photos() -> None:
    photos = [(file.name, file.getvalue()) for file in st.session_state["photos"]]
    sizes = accumulate(len(content) for _name, content in photos)
    kept = [photo for photo, size in zip(photos, sizes, strict=True) if size <= KEPT_MEGABYTES * 2**20]
    st.session_state[KEPT], st.session_state[LEFT_OUT] = kept, len(photos) - len(kept)


def show_privacy() -> None:
    st.caption(_(":material/lock: Pictures are read on the machine that runs this page. None is stored or sent on."))
