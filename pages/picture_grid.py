"""Pictures side by side, as many as fit; in a grid one can be chosen: by mouse, finger or keyboard."""

import base64
from collections.abc import Sequence
from html import escape

import numpy as np
import streamlit as st

from fer_core.opencv import cv2

CSS = """
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(80px, 1fr)); gap: 6px; }
button { padding: 0; border: 3px solid transparent; border-radius: 8px; background: none; cursor: pointer; }
button[aria-pressed="true"] { border-color: #E69F00; }
button:focus-visible { outline: 2px solid var(--st-primary-color); }
img { display: block; width: 100%; aspect-ratio: 1; border-radius: 5px; }
"""

JS = """
export default function({ data, parentElement, setStateValue }) {
  const grid = parentElement.querySelector(".grid");
  const shown = JSON.stringify(data.pictures);
  if (grid.shown !== shown) {
    grid.shown = shown;
    grid.replaceChildren(...data.pictures.map((picture) => {
      const button = document.createElement("button"), image = new Image();
      button.type = "button";
      button.title = picture.text;
      image.src = picture.source;
      image.alt = picture.text;
      button.append(image);
      return button;
    }));
  }
  data.pictures.forEach((picture, place) => {
    const button = grid.children[place];
    button.setAttribute("aria-pressed", String(picture.id === data.chosen));
    button.onclick = () => setStateValue("chosen", picture.id);
  });
}
"""


def _source(image: np.ndarray) -> str:
    return f"data:image/png;base64,{base64.b64encode(cv2.imencode('.png', image)[1].tobytes()).decode()}"


def picture_grid(images: np.ndarray, ids: Sequence[int], texts: Sequence[str], key: str) -> int:
    """The id of the chosen picture, at first the first one's.

    Args:
        images: (n, 48, 48) uint8 grayscale, n >= 1.
        ids: (n,) what stands for them.
        texts: (n,) what they are, read out and shown where the mouse is.
        key: remembers the choice.
    """
    remembered = (st.session_state.get(key) or {}).get("chosen")
    chosen = int(remembered) if remembered in ids else int(ids[0])
    pictures = [
        {"id": int(number), "text": text, "source": _source(image)}
        for image, number, text in zip(images, ids, texts, strict=True)
    ]
    # Registered in each run: what was registered before the server started is not kept.
    grid = st.components.v2.component("fer_picture_grid", html='<div class="grid"></div>', css=CSS, js=JS)
    grid(data={"pictures": pictures, "chosen": chosen}, key=key, on_chosen_change=lambda: None)
    return chosen


def picture_row(images: np.ndarray, text: str, side: int) -> None:
    """Pictures side by side, as many as fit, each in a gray frame that shows where a white or black one ends.

    One element of the page and no request for each picture, which `st.image` makes.

    Args:
        images: (n, 48, 48) uint8 grayscale.
        text: what they are, read out for each.
        side: pixels that each is shown with.
    """
    looks = f"width: {side}px; border: 1px solid #808080; border-radius: 5px"
    shown = "".join(f'<img src="{_source(image)}" alt="{escape(text)}" style="{looks}">' for image in images)
    st.html(f'<div style="display: flex; flex-wrap: wrap; gap: 4px">{shown}</div>')
