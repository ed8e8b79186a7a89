"""The seven classes of FER2013: their order, names and colours."""

EMOTIONS: tuple[str, ...] = ("angry", "disgusted", "fearful", "happy", "neutral", "sad", "surprised")
"""Class order everywhere in this package: alphabetical, `angry` is 0 and `surprised` is 6."""

COLOURS: dict[str, str] = {
    "angry": "#D55E00",
    "disgusted": "#009E73",
    "fearful": "#CC79A7",
    "happy": "#E69F00",
    "neutral": "#999999",
    "sad": "#0072B2",
    "surprised": "#56B4E9",
}
"""One colour a class, from the Okabe-Ito palette (told apart by colour-blind eyes)."""

SYMBOLS: dict[str, str] = {
    "angry": "😠",
    "disgusted": "🤢",
    "fearful": "😨",
    "happy": "😊",
    "neutral": "😐",
    "sad": "😢",
    "surprised": "😮",
}

ALIASES: dict[str, str] = {
    "anger": "angry",
    "disgust": "disgusted",
    "fear": "fearful",
    "happiness": "happy",
    "sadness": "sad",
    "surprise": "surprised",
} | {name: name for name in EMOTIONS}
"""Names that other copies of FER2013 use for the same classes."""

FER2013_CSV_ORDER: tuple[str, ...] = ("angry", "disgusted", "fearful", "happy", "sad", "surprised", "neutral")
"""Meaning of the numbers 0-6 in the column `emotion` of the original fer2013.csv."""
