import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from fer_core.prediction.decode import FORMATS, decode
from fer_core.prediction.errors import PictureError


def _encoded(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


@pytest.fixture
def quarters():
    """(40, 60, 3): red at the upper left, green at the upper right, blue below."""
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[:20, :30, 0] = pixels[:20, 30:, 1] = pixels[20:, :, 2] = 255
    return pixels


@pytest.mark.parametrize("kind", FORMATS)
def test_each_format_is_read_from_a_path_and_from_bytes(tmp_path, quarters, kind):
    data = _encoded(Image.fromarray(quarters), kind)
    path = tmp_path / "picture"
    path.write_bytes(data)

    assert np.abs(decode(data).astype(int) - quarters).mean() < 12
    np.testing.assert_array_equal(decode(path), decode(data))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone(quarters, orientation):
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    upright = Image.fromarray(quarters)
    stored = upright.transpose(undo[orientation]) if orientation in undo else upright
    exif = Image.Exif()
    exif[0x0112] = orientation

    np.testing.assert_array_equal(decode(_encoded(stored, "PNG", exif=exif)), quarters)


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_comes_out_in_the_colours_it_shows(kind):
    pixels = decode(_encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), kind))

    assert np.abs(pixels.astype(int) - (255, 0, 0)).max() < 12


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bit_gray_is_scaled_and_not_clipped(kind):
    levels = np.array([[0, 200, 257 * 10, 257 * 128, 65535]], np.uint16)

    assert decode(_encoded(Image.fromarray(levels), kind))[0, :, 0].tolist() == [0, 1, 10, 128, 255]


def test_16_bit_colour_is_scaled_and_not_clipped():
    from fer_core.opencv import cv2

    bgr = np.full((4, 4, 3), (257 * 10, 257 * 128, 65535), np.uint16)

    assert decode(cv2.imencode(".png", bgr)[1].tobytes())[0, 0].tolist() == [255, 128, 10]


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        (np.array([[0, 0.5, 1]], np.float32), [0, 128, 255]),
        (np.array([[-0.07, 0.5, 1, 1.07]], np.float32), [0, 128, 255, 255]),
        (np.array([[0, 51, 255]], np.float32), [0, 51, 255]),
        (np.array([[-9, 51, 255, 273]], np.float32), [0, 51, 255, 255]),
        (np.array([[0, 257 // 2, 257]], np.int32), [0, 0, 1]),
        (np.array([[0, 257 * 51, 65535]], np.int32), [0, 51, 255]),
        (np.array([[0, 100_000, 200_000]], np.int32), [0, 128, 255]),
    ],
)
def test_pictures_of_numbers_are_scaled_to_8_bits(levels, expected):
    assert decode(_encoded(Image.fromarray(levels), "TIFF"))[0, :, 0].tolist() == expected


def test_transparent_parts_are_white():
    image = Image.new("RGBA", (2, 1), (255, 0, 0, 255))
    image.putpixel((1, 0), (0, 0, 0, 0))

    assert decode(_encoded(image, "PNG"))[0].tolist() == [[255, 0, 0], [255, 255, 255]]


def test_a_transparent_palette_colour_is_white():
    image = Image.new("P", (2, 1), 0)
    image.putpalette([0, 0, 0, 0, 0, 255])
    image.putpixel((1, 0), 1)

    assert decode(_encoded(image, "PNG", transparency=0))[0].tolist() == [[255, 255, 255], [0, 0, 255]]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_a_moving_picture_the_first_frame_is_read(kind):
    first, second = (Image.new("RGB", (20, 20), colour) for colour in ("red", "blue"))
    data = _encoded(first, kind, save_all=True, append_images=[second])

    assert np.abs(decode(data).astype(int) - (255, 0, 0)).max() < 12


def test_one_pixel_is_a_picture():
    assert decode(_encoded(Image.new("RGB", (1, 1), "red"), "PNG")).tolist() == [[[255, 0, 0]]]


@pytest.mark.parametrize("kind", FORMATS)
def test_a_truncated_file_is_refused(kind):
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    data = _encoded(Image.fromarray(noise), kind)

    with pytest.raises(PictureError, match=r"photo: (the picture is broken or incomplete|not a picture)"):
        decode(data[: len(data) // 2], name="photo")


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("block", [b"MM\0*\0\0\0\x08\0\x05\x01\x12\0\x03", b"MM\0*", b"nothing"])
def test_a_broken_exif_block_does_not_hide_the_picture(quarters, kind, block):
    data = _encoded(Image.fromarray(quarters), kind, exif=b"Exif\0\0" + block)

    assert np.abs(decode(data).astype(int) - quarters).mean() < 12
    np.testing.assert_array_equal(decode(Image.open(io.BytesIO(data))), decode(data))


def test_an_empty_file_is_refused(tmp_path):
    path = tmp_path / "empty.jpg"
    path.touch()

    with pytest.raises(PictureError, match=r"empty\.jpg: the file is empty"):
        decode(path)


@pytest.mark.parametrize(
    "data", [b"hello", b"%PDF-1.7 ...", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\0" * 5000]
)
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(PictureError, match="notes: not a picture that can be read; save it as JPEG"):
        decode(data, name="notes")


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path):
    with pytest.raises(PictureError, match=r"none\.jpg: no such file"):
        decode(tmp_path / "none.jpg")
    with pytest.raises(PictureError, match="not a file"):
        decode(tmp_path)


@pytest.mark.parametrize("length", [300, 5000])
def test_a_file_that_cannot_be_examined_is_refused(length):
    with pytest.raises(PictureError, match=r"\.jpg: the file may not be read \(File name too long\)"):
        decode("a" * length + ".jpg")


def test_a_picture_that_pillow_opened_is_read_as_its_file_is_and_left_alone(quarters):
    exif = Image.Exif()
    exif[0x0112] = 6
    data = _encoded(Image.fromarray(quarters).convert("RGBA"), "PNG", exif=exif)
    image = Image.open(io.BytesIO(data))

    np.testing.assert_array_equal(decode(image), decode(data))
    assert (image.mode, image.size) == ("RGBA", (60, 40))
    with pytest.raises(PictureError, match="picture: the picture is broken"):
        decode(Image.open(io.BytesIO(data[:-40])))


@pytest.mark.parametrize(
    ("side", "sentence"), [(20_000, r"has over 1\d\d megapixels"), (8_000, r"has 8000x8000 pixels \(64 megapixels\)")]
)
def test_a_huge_picture_is_refused_by_its_header_alone(side, sentence):
    small = _encoded(Image.new("L", (1, 1)), "PNG")
    header = b"IHDR" + struct.pack(">II", side, side) + small[24:29]
    huge = small[:12] + header + struct.pack(">I", zlib.crc32(header)) + small[33:]

    with pytest.raises(PictureError, match=rf"huge: {sentence}.*at most 50 megapixels are read; make it smaller"):
        decode(huge, name="huge")


def test_a_huge_picture_that_pillow_opened_is_refused_too(monkeypatch):
    monkeypatch.setattr("fer_core.prediction.decode.MAX_PIXELS", 99)
    assert decode(Image.new("RGB", (11, 9))).shape == (9, 11, 3)
    with pytest.raises(PictureError, match=r"picture: has 10x10 pixels .* make it smaller"):
        decode(Image.new("RGB", (10, 10)))
