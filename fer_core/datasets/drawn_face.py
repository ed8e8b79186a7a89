"""Cartoon faces out of a few numbers, painted with OpenCV.

Coordinates are in face units: the origin is the middle of the face, 1 is half its width, x to the right, y down.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from fer_core.opencv import cv2

Colour = tuple[int, int, int]
DARK: Colour = (38, 26, 26)
_CURVE = np.linspace(0, 1, 13)[:, None]
_BEZIER = np.hstack([(1 - _CURVE) ** 2, 2 * _CURVE * (1 - _CURVE), _CURVE**2])
_ACROSS = np.linspace(-1, 1, 17)
_DOWN = np.array([0.0, 1.0])
_TURN = np.linspace(0, 2 * np.pi, 40, endpoint=False)
_CIRCLE = np.stack([np.cos(_TURN), np.sin(_TURN)], axis=1)


class Expression(NamedTuple):
    """What the movable parts of a face do; lengths in face units, heights positive upwards, shares 0 to 1."""

    brow_inner: float
    """Height of the inner ends of the brows."""
    brow_outer: float
    brow_arch: float
    frown: float
    """How far the brows are drawn together, with the folds between them."""
    upper_lid: float
    """Opening of the upper lids; 1 is relaxed."""
    lower_lid: float
    """How far the lower lids are raised."""
    gaze: float
    """Height of the irises in the eyes."""
    mouth_width: float
    """Half the width of the mouth."""
    corners: float
    """Height of the corners of the mouth over its middle."""
    jaw: float
    """How far the lower lip is dropped."""
    upper_lip: float
    """How far the upper lip is raised."""
    skew: float
    """How much higher one side of the mouth stands."""
    teeth: float
    """Share of the open mouth that the teeth fill."""
    wrinkles: float
    """Folds over the bridge of the nose."""
    cheeks: float
    """Folds from the nose to the corners of the mouth."""


@dataclass(frozen=True)
class Look:
    """Whose face it is and how it stands in the picture; nothing of this depends on the expression.

    Attributes:
        skin, hair, lips, iris, background, clothes: colours, RGB.
        width, length, jaw_taper: of the head; 1, 1 and 0.2 are ordinary.
        eye_size, eye_gap, brow_weight, nose_size: 1 is ordinary.
        hair_style: `none`, `short`, `fringe` or `long`.
        glasses, moustache: whether the face has them.
        turn, nod: how far the features are moved sideways and down by a turn of the head, face units.
        centre: place of the middle of the face, shares of the picture.
        scale: half the width of the face, share of the picture.
        angle: rotation in the picture, degrees.
    """

    skin: Colour
    hair: Colour
    lips: Colour
    iris: Colour
    background: Colour
    clothes: Colour
    width: float
    length: float
    jaw_taper: float
    eye_size: float
    eye_gap: float
    brow_weight: float
    nose_size: float
    hair_style: str
    glasses: bool
    moustache: bool
    turn: float
    nod: float
    centre: tuple[float, float]
    scale: float
    angle: float

    @property
    def shift(self) -> np.ndarray:
        """(2,) how far the features stand off the middle of the face."""
        return np.array([self.turn, self.nod])


def shade(colour: Colour, factor: float) -> Colour:
    """A colour made darker (factor below 1) or lighter."""
    return tuple(int(min(255, channel * factor)) for channel in colour)


def _bezier(start: tuple[float, float], control: tuple[float, float], end: tuple[float, float]) -> np.ndarray:
    return _BEZIER @ np.array([start, control, end])


class _Canvas:
    """A picture that takes polygons and lines in face units."""

    def __init__(self, look: Look, size: int, colour: bool) -> None:
        self.gray = not colour
        self.image = np.empty((size, size, 3) if colour else (size, size), dtype=np.uint8)
        self.image[:] = self._tone(look.background)
        angle, self.unit = np.deg2rad(look.angle), look.scale * size
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        self.matrix = turn * self.unit * 16
        self.offset = np.array(look.centre) * size * 16

    def _tone(self, colour: Colour) -> float | Colour:
        red, green, blue = colour
        return 0.299 * red + 0.587 * green + 0.114 * blue if self.gray else colour

    def _points(self, points: np.ndarray) -> list[np.ndarray]:
        return [(points @ self.matrix + self.offset).astype(np.int32)]

    def fill(self, points: np.ndarray, colour: Colour) -> None:
        cv2.fillPoly(self.image, self._points(points), self._tone(colour), cv2.LINE_AA, 4)

    def line(self, points: np.ndarray, colour: Colour, width: float, closed: bool = False) -> None:
        thickness = max(1, round(width * self.unit))
        cv2.polylines(self.image, self._points(points), closed, self._tone(colour), thickness, cv2.LINE_AA, 4)


def paint(expression: Expression, look: Look, size: int, colour: bool = False) -> np.ndarray:
    """Paint one face.

    Returns:
        uint8 (size, size) grayscale, or (size, size, 3) RGB if `colour`.
    """
    canvas = _Canvas(look, size, colour)
    _paint_head(canvas, look)
    for side in (-1, 1):
        _paint_eye(canvas, expression, look, side)
        _paint_brow(canvas, expression, look, side)
    _paint_nose(canvas, expression, look)
    _paint_mouth(canvas, expression, look)
    if look.glasses:
        for side in (-1, 1):
            rim = _CIRCLE * (0.33, 0.3) + _eye_middle(look, side)
            canvas.line(rim, DARK, 0.05, closed=True)
        canvas.line(np.array([(-0.1, -0.2), (0.1, -0.2)]) + look.shift, DARK, 0.05)
    return canvas.image


def _paint_head(canvas: _Canvas, look: Look) -> None:
    outline = _CIRCLE * (look.width, 1.22 * look.length)
    below = np.clip(outline[:, 1], 0, None)
    outline[:, 0] *= 1 - look.jaw_taper * below**2
    if look.hair_style == "long":
        canvas.fill(_CIRCLE * (1.3 * look.width, 1.65) + (0, 0.12), look.hair)
    elif look.hair_style != "none":
        canvas.fill(_CIRCLE * (1.12 * look.width, 1.3 * look.length) + (0, -0.16), look.hair)
    neck = np.array([(-0.45, 0.6), (0.45, 0.6), (0.5, 1.8), (-0.5, 1.8)])
    canvas.fill(np.array([(-0.5, 1.45), (0.5, 1.45), (1.6, 1.8), (2.0, 4.0), (-2.0, 4.0), (-1.6, 1.8)]), look.clothes)
    canvas.fill(neck, shade(look.skin, 0.8))
    for side in (-1, 1):
        ear = _CIRCLE * (0.16, 0.26) + (side * 1.0 * look.width, -0.05)
        canvas.fill(ear, shade(look.skin, 0.88))
    canvas.fill(outline, look.skin)
    canvas.line(outline, shade(look.skin, 0.62), 0.04, closed=True)
    if look.hair_style in ("short", "fringe", "long"):
        low = -0.62 if look.hair_style == "fringe" else -0.8
        top = outline[outline[:, 1] < low * look.length] * 1.06
        top = top[np.argsort(top[:, 0])]
        line = _bezier(tuple(top[-1]), (0.3 if look.hair_style == "fringe" else 0.0, low - 0.28), tuple(top[0]))
        canvas.fill(np.vstack([top, line]), look.hair)


def _eye_middle(look: Look, side: int) -> np.ndarray:
    return np.array([side * 0.43 * look.eye_gap + look.turn, -0.17 + look.nod])


def _paint_eye(canvas: _Canvas, expression: Expression, look: Look, side: int) -> None:
    middle = _eye_middle(look, side)
    half = 0.25 * look.eye_size
    high = 0.36 * look.eye_size * max(expression.upper_lid, 0.08)
    low = 0.26 * look.eye_size * (1 - 1.5 * expression.lower_lid)
    upper = _bezier((-half, 0), (0, -high), (half, 0)) + middle
    lower = _bezier((-half, 0), (0, low), (half, 0)) + middle
    canvas.fill(np.vstack([upper, lower[::-1]]), (246, 244, 240))
    for radius, colour in ((0.14, look.iris), (0.075, DARK)):
        ring = _CIRCLE * radius * look.eye_size + middle + (look.turn * 0.5, -expression.gaze)
        lid = np.interp(ring[:, 0], upper[:, 0], upper[:, 1])
        floor = np.interp(ring[:, 0], lower[:, 0], lower[:, 1])
        ring[:, 1] = np.clip(ring[:, 1], np.minimum(lid, floor), np.maximum(lid, floor))
        canvas.fill(ring, colour)
    canvas.line(upper, DARK, 0.06)
    canvas.line(lower, shade(look.skin, 0.55), 0.03)
    if expression.lower_lid > 0.25:
        canvas.line(lower + 0.09 * _DOWN, shade(look.skin, 0.7), 0.03)


def _paint_brow(canvas: _Canvas, expression: Expression, look: Look, side: int) -> None:
    x, y = side * (0.2 - 0.1 * expression.frown) + look.turn, -0.5 + look.nod
    inner = (x, y - expression.brow_inner)
    outer = (side * 0.76 * look.eye_gap + look.turn, y + 0.03 - expression.brow_outer)
    bend = ((inner[0] + outer[0]) / 2, (inner[1] + outer[1]) / 2 - 2 * expression.brow_arch)
    curve = _bezier(inner, bend, outer)
    thick = np.linspace(0.075, 0.03, len(curve))[:, None] * (0, look.brow_weight)
    canvas.fill(np.vstack([curve - thick, (curve + thick)[::-1]]), shade(look.hair, 0.75))
    if expression.frown > 0.65:
        fold = np.array([(side * 0.07, -0.62), (side * 0.05, -0.4)]) + look.shift
        canvas.line(fold, shade(look.skin, 0.55), 0.04)


def _paint_nose(canvas: _Canvas, expression: Expression, look: Look) -> None:
    place, size = np.array([look.turn * 1.4, 0.05 + look.nod - 0.05 * expression.wrinkles]), look.nose_size
    dark = shade(look.skin, 0.66)
    canvas.line(_bezier((0.06, -0.2), (0.2 * size, 0.2), (0.08, 0.26)) + place, shade(look.skin, 0.8), 0.04)
    for side in (-1, 1):
        flare = 0.16 * size * (1 + 0.35 * expression.wrinkles)
        wing = _bezier((side * 0.04, 0.3), (side * flare, 0.36), (side * flare, 0.18))
        canvas.line(wing + place, dark, 0.06)
        if expression.cheeks > 0.2:
            reach = 0.42 + 0.2 * expression.cheeks
            fold = _bezier((side * 0.22, 0.18), (side * reach, 0.3), (side * reach, 0.58))
            canvas.line(fold + place, shade(look.skin, 0.7), 0.045)
    if expression.wrinkles > 0.25:
        for height in (-0.28, -0.16, -0.04):
            fold = _bezier((-0.14, height), (0, height + 0.12 * expression.wrinkles), (0.14, height))
            canvas.line(fold + place, shade(look.skin, 0.55), 0.035)


def _paint_mouth(canvas: _Canvas, expression: Expression, look: Look) -> None:
    middle = np.array([look.turn * 1.1, 0.64 + look.nod])
    half, corner = expression.mouth_width, -expression.corners
    opening = expression.jaw + expression.upper_lip
    bow = (1 - _ACROSS**2) ** (0.5 if opening > 1.2 * half else 1)
    ends = corner * (1 - bow) + expression.skew * _ACROSS
    upper = np.stack([half * _ACROSS, ends - expression.upper_lip * bow], axis=1) + middle
    lower = np.stack([half * _ACROSS, ends + expression.jaw * bow], axis=1) + middle
    if look.moustache:
        bush = _bezier((-0.38, 0.0), (0, -0.5), (0.38, 0.0)) + middle + (0, -0.1 - expression.upper_lip)
        canvas.fill(np.vstack([bush, bush[::-1] * (1, 0) + (0, bush[:, 1].max() - 0.04)]), look.hair)
    if opening > 0.07:
        canvas.fill(np.vstack([upper, lower[::-1]]), (70, 18, 22))
        canvas.fill(np.vstack([lower, (0.72 * lower + 0.28 * upper)[::-1]]), (176, 74, 78))
        if expression.teeth > 0.1:
            edge = (1 - expression.teeth) * upper + expression.teeth * lower
            canvas.fill(np.vstack([upper, edge[::-1]]), (245, 243, 236))
            if expression.teeth > 0.8:
                canvas.line((upper + lower)[1:-1] / 2, (150, 140, 135), 0.025)
        canvas.line(np.vstack([upper, lower[::-1]]), look.lips, 0.07, closed=True)
    else:
        canvas.line(lower + 0.05 * _DOWN, look.lips, 0.08)
        canvas.line(upper - 0.015 * _DOWN, look.lips, 0.06)
        canvas.line((upper + lower) / 2, shade(look.lips, 0.45), 0.05)
