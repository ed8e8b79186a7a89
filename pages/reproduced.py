"""The report, reproduced: section by section its claim, its number, ours, and whether its conclusion holds."""

import streamlit as st

from fer_core.experiments.claims import Claim, data_claims
from fer_core.words import _
from pages.reproduced_data import all_standings
from pages.reproduced_ensemble import show_ensemble
from pages.reproduced_matrix import show_matrix
from pages.reproduced_networks import show_networks
from pages.reproduced_parts import show_claims, show_tally

FULL_TURN = 360
ROTATION = 0.2
"""Of the report's `RandomRotation`, as a share of a turn."""

st.title(_("The report, reproduced"))
st.markdown(
    _(
        "This dashboard grew out of a course report. Each conclusion of the report is shown beside what the same "
        "experiment gave here, measured on the validation part unless stated otherwise."
    )
)
tally = st.container()
claims: list[Claim] = []
known = all_standings()

st.header(_("1 · Data"), anchor="data")
claims += show_claims(data_claims())
st.page_link("pages/dataset.py", label=_("Counts, samples and an audit of the images"), icon=":material/photo_library:")

st.header(_("2 · Preprocessing"), anchor="preprocessing")
st.markdown(
    _(
        "Pixels from 0 to 1, 80% of the training images for training and 20% for validation (stratified), and five "
        "layers of augmentation. In Keras `RandomRotation({share})` turns a face by up to ±{degrees:.0f}°: more than "
        "anyone holds their head. The same layers and the same split are used in the experiments below (in section 5 a "
        "tenth is held out first); but where the report augmented its copies once and trained on these, here each copy "
        "is augmented anew in every epoch."
    ).format(share=ROTATION, degrees=ROTATION * FULL_TURN)
)
st.caption(
    _(
        "The split is by image, as in the report: byte-identical copies of one image can stand on both sides, which "
        "flatters the numbers on validation."
    )
)
st.page_link(
    "pages/dataset.py",
    label=_("Each layer on a picture"),
    icon=":material/auto_fix_high:",
    query_params={"data_tab": "augmentation"},
)

claims += show_matrix(known)
claims += show_networks(known)
claims += show_ensemble(known)

st.header(_("7 · What the report wished for"), anchor="wishes")
st.markdown(
    _(
        "- More regularization: label smoothing, weight decay, mixup and dropout are options of every run.\n"
        "- Pretrained networks frozen first, then fine-tuned: switch on *Pretrained* on the Training page, then set "
        "*Freeze epochs*.\n"
        "- Pretraining on faces or emotions, not on ImageNet only: `face_resnet` begins with the weights of a network "
        "that recognises faces.\n"
        "- More models, and more of them in the ensemble: any recorded runs can vote together."
    )
)
st.page_link("pages/training.py", label=_("Train one yourself"), icon=":material/model_training:")
with tally:
    show_tally(claims)
