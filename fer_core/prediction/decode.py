"""A picture file, from wherever it comes, as RGB pixels."""

from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from fer_core.prediction.errors import PictureError
from fer_core.words import N_, _

FORMATS: tuple[str, ...] = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
SUFFIXES: frozenset[str] = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"})
MAX_PIXELS = 50_000_000
OVERSHOOT = 1.5
"""Times white that a picture of fractions may reach and mean white: enlarging by cubic curves goes beyond it."""
SAVE_AS = N_("save it as JPEG, PNG, WebP, GIF, BMP or TIFF")


def decode(source: str | Path | bytes | Image.Image, name: str | None = None) -> np.ndarray:
    """Read a picture: upright, without transparency, 8 bits a channel; of a moving picture the first frame.

    Args:
        source: a file's path or its content, or a picture that Pillow opened.
        name: what messages call the picture; by default its path.

    Returns:
        (height, width, 3) uint8 RGB.

    Raises:
        PictureError: missing, empty, no picture, truncated, or over `MAX_PIXELS`, which is refused before decoding.
    """
    name = name or (str(source) if isinstance(source, str | Path) else "picture")
    if not isinstance(source, Image.Image) and _size(source, name) == 0:
        raise PictureError(f"{name}: " + _("the file is empty"))
    try:
        if isinstance(source, Image.Image):
            _refuse_large(source, name)
            return np.asarray(_rgb(_upright(source)))
        with Image.open(BytesIO(source) if isinstance(source, bytes) else source, formats=FORMATS) as image:
            _refuse_large(image, name)
            return np.asarray(_rgb(_upright(image, in_place=True)))
    except PictureError:
        raise
    except PermissionError as error:
        raise PictureError(may_not_be_read(name, error)) from error
    except UnidentifiedImageError as error:
        raise PictureError(f"{name}: " + _("not a picture that can be read") + f"; {_(SAVE_AS)}") from error
    except Image.DecompressionBombError as error:
        told = _("has over {size:.0f} megapixels, {limit}")
        raise PictureError(f"{name}: {told.format(size=2 * Image.MAX_IMAGE_PIXELS / 1e6, limit=_limit())}") from error
    except Exception as error:  # broken files make Pillow's decoders raise errors of every kind
        told = _("the picture is broken or incomplete")
        raise PictureError(f"{name}: {told} ({error}); {_(SAVE_AS)}") from error


def may_not_be_read(name: str, error: OSError) -> str:
    """A sentence about a file that can't even be looked at."""
    return f"{name}: " + _("the file may not be read") + f" ({error.strerror})"


def check_pixels(name: str, image: np.ndarray) -> None:
    """Raise ValueError, which calls the argument by its name, unless it is (height, width, 3) uint8."""
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise ValueError(f"{name}: expected uint8 (height, width, 3), got {image.dtype} {image.shape}")


def _size(source: str | Path | bytes, name: str) -> int:
    """Bytes of a file or of content."""
    if isinstance(source, bytes):
        return len(source)
    path = Path(source)
    try:
        if not path.is_file():
            raise PictureError(f"{name}: " + (_("not a file") if path.exists() else _("no such file")))
        return path.stat().st_size
    except OSError as error:
        raise PictureError(may_not_be_read(name, error)) from error


def _refuse_large(image: Image.Image, name: str) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        told = _("has {width}x{height} pixels ({size:.0f} megapixels), {limit}")
        size = width * height / 1e6
        raise PictureError(f"{name}: {told.format(width=width, height=height, size=size, limit=_limit())}")


def _limit() -> str:
    return _("at most {most} megapixels are read; make it smaller").format(most=MAX_PIXELS // 10**6)


def _upright(image: Image.Image, *, in_place: bool = False) -> Image.Image:
    """The picture as its EXIF block says, and as it is stored where that is broken."""
    image.load()  # what is broken in the picture itself is no matter of EXIF
    try:
        return ImageOps.exif_transpose(image, in_place=in_place) or image
    except Exception:  # of every kind, as from Pillow's decoders
        return image


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        return Image.fromarray(_eight_bits(image)).convert("RGB")
    if image.has_transparency_data:
        pixels = image.convert("RGBA")
        white = Image.new("RGB", pixels.size, "white")  # not in RGBA: two more copies of a large picture fill a machine
        white.paste(pixels, mask=pixels)
        return white
    return image if image.mode == "RGB" else image.convert("RGB")


def _eight_bits(image: Image.Image) -> np.ndarray:
    """(height, width) uint8 of a grayscale picture with more bits; Pillow's own conversion would clip at 255."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float32))
    if image.mode.startswith("I;16"):
        white = 65535
    else:
        beyond = OVERSHOOT if image.mode == "F" else 1
        white = next(limit for limit in (1, 255, 65535, np.inf) if values.max() <= beyond * limit)
        white = values.max() if white == np.inf else white
    return (np.clip(values / white, 0, 1) * 255 + 0.5).astype(np.uint8)
