"""Pages of the dashboard, one file each, and the parts that they are made of."""

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

if PagesManager.uses_pages_directory:
    # Until streamlit_app.py has called st.navigation once, Streamlit takes this folder for its older kind of multipage
    # app: an address such as /compare, opened first after the start, would run that file alone, without the frame.
    PagesManager.uses_pages_directory = False
    st.rerun()
