import resource
import zlib

import numpy as np
import pytest
from PIL import Image

from musicapp_pipeline.media.errors import BadImage
from musicapp_pipeline.media.pictures import (
    contact_sheet,
    fit_image,
    load_reference_image,
    thumbnail,
    waveform_png,
)
from musicapp_pipeline_tests.media.samples import coded_clip, song_wav


def two_halves(width, height):
    image = Image.new("RGB", (width, height), (220, 30, 30))
    image.paste((30, 30, 220), (0, height // 2, width, height))
    return image


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_reference_images_are_read_as_rgb_and_scaled_down(tmp_path, suffix):
    file = tmp_path / f"face.{suffix}"
    two_halves(1200, 800).save(file)
    image = load_reference_image(file, max_side=600)
    assert (image.mode, image.size) == ("RGB", (600, 400))
    assert load_reference_image(file).size == (1200, 800)


@pytest.mark.parametrize(("orientation", "size"), [(1, (60, 40)), (3, (60, 40)), (6, (40, 60))])
def test_a_phones_rotation_is_honoured(tmp_path, orientation, size):
    image = two_halves(60, 40)
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(tmp_path / "p.jpg", exif=exif)
    upright = load_reference_image(tmp_path / "p.jpg")
    assert upright.size == size
    red_top_left = upright.getpixel((2, 2))[0] > 128
    assert red_top_left == (orientation == 1)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "1", "I;16", "CMYK"])
def test_every_kind_of_pixel_becomes_rgb(tmp_path, mode):
    suffix = "jpg" if mode == "CMYK" else "png"
    if mode == "I;16":
        image = Image.fromarray(np.full((20, 30), 40_000, np.uint16))
    else:
        image = two_halves(30, 20).convert(mode)
    image.save(tmp_path / f"i.{suffix}")
    assert load_reference_image(tmp_path / f"i.{suffix}").mode == "RGB"


def test_transparency_becomes_white(tmp_path):
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(tmp_path / "t.png")
    assert load_reference_image(tmp_path / "t.png").getpixel((3, 3)) == (255, 255, 255)


def test_sixteen_bit_greys_keep_their_brightness(tmp_path):
    Image.fromarray(np.full((20, 30), 32_768, np.uint16)).save(tmp_path / "g.png")
    assert load_reference_image(tmp_path / "g.png").getpixel((3, 3))[0] == pytest.approx(128, abs=1)


@pytest.mark.full
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_twenty_thousand_pixels_a_side_are_read(tmp_path, suffix):
    file = tmp_path / f"huge.{suffix}"
    options = {"compress_level": 1} if suffix == "png" else {}
    Image.new("L", (20_000, 20_000), 90).save(file, **options)
    image = load_reference_image(file)
    assert image.size == (2048, 2048)
    assert image.getpixel((99, 99))[0] == pytest.approx(90, abs=2)


def test_more_pixels_than_pillow_opens_by_itself_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    two_halves(200, 100).save(tmp_path / "large.png")
    with pytest.raises(Image.DecompressionBombError):
        Image.open(tmp_path / "large.png")
    assert load_reference_image(tmp_path / "large.png").size == (200, 100)


def test_an_absurd_number_of_pixels_is_refused_before_decoding(tmp_path):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    Image.new("RGB", (64, 64)).save(tmp_path / "bomb.png")
    data = bytearray((tmp_path / "bomb.png").read_bytes())
    data[16:24] = (60_000).to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    (tmp_path / "bomb.png").write_bytes(data)
    with pytest.raises(BadImage, match=r"60000 x 60000 = 3600 megapixels"):
        load_reference_image(tmp_path / "bomb.png")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a picture",
        b"GIF89a" + bytes(50),
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0" + bytes(40),
        b"RIFF\x00\x00\x00\x00WEBPVP8 ",
        b"RIFF\x00\x00\x00\x00WAVEfmt ",
        b"<svg xmlns='x'/>",
    ],
)
def test_what_is_no_picture_is_refused_by_name(tmp_path, content):
    file = tmp_path / "face.png"
    file.write_bytes(content)
    with pytest.raises(BadImage, match=r"face\.png"):
        load_reference_image(file)


def test_a_picture_that_breaks_off_is_refused(tmp_path):
    two_halves(600, 400).save(tmp_path / "c.jpg")
    data = (tmp_path / "c.jpg").read_bytes()
    (tmp_path / "c.jpg").write_bytes(data[: len(data) // 2])
    with pytest.raises(BadImage, match=r"c\.jpg"):
        load_reference_image(tmp_path / "c.jpg")


@pytest.mark.parametrize("source", [(300, 100), (100, 300), (64, 64), (1000, 1000)])
def test_fitting_covers_exactly_and_keeps_the_focus(source):
    image = two_halves(*source)
    for focus, red in (((0.5, 0.0), True), ((0.5, 1.0), False)):
        fitted = fit_image(image, 128, 72, focus=focus)
        assert fitted.size == (128, 72)
        if source[1] / source[0] > 2:
            assert (fitted.getpixel((64, 36))[0] > 128) == red


def test_fitting_does_not_distort():
    image = Image.new("RGB", (400, 400))
    image.paste((255, 255, 255), (150, 150, 250, 250))
    fitted = np.asarray(fit_image(image, 200, 100, focus=(0.5, 0.5)))[:, :, 0] > 128
    assert fitted.any(0).sum() == pytest.approx(fitted.any(1).sum(), abs=1)


def test_the_waveform_shows_loud_parts_cuts_and_names(tmp_path):
    wav = song_wav(tmp_path / "s.wav", 4)
    plain, marked = tmp_path / "plain.png", tmp_path / "marked.png"
    waveform_png(wav, plain, width=400, height=100)
    waveform_png(wav, marked, width=400, height=100, cuts=[2.0], sections=[(0, "intro"), (2, "b")])
    one, two = np.asarray(Image.open(plain)), np.asarray(Image.open(marked))
    assert one.shape == two.shape == (100, 400, 3)
    assert (one[50] != one[0, 0]).any(axis=1).mean() > 0.9
    assert tuple(two[99, 200]) == (255, 196, 84)


def test_a_song_shorter_than_the_picture_is_wide_can_be_drawn(tmp_path):
    wav = song_wav(tmp_path / "s.wav", 0.01, 8_000)
    waveform_png(wav, tmp_path / "w.png", width=300, height=50)
    assert Image.open(tmp_path / "w.png").size == (300, 50)


def test_thumbnails_keep_the_shape(tmp_path):
    clip = coded_clip(tmp_path / "c.mp4", range(4))
    thumbnail(clip, 3, tmp_path / "t.jpg", width=160)
    assert Image.open(tmp_path / "t.jpg").size == (160, 90)


@pytest.mark.parametrize(
    ("frames", "rows"), [(None, 2), ([0, 5, 9], 1), ([0, 1, 2, 3, 4], 2), ([7], 1)]
)
def test_a_contact_sheet_has_a_cell_for_each_frame(tmp_path, frames, rows):
    clip = coded_clip(tmp_path / "c.mp4", range(10))
    contact_sheet(clip, tmp_path / "s.png", columns=4, rows=2, width=400, frames=frames)
    sheet = Image.open(tmp_path / "s.png")
    cell = (400 - 4 * 5) // 4 * 180 // 320
    assert sheet.width == 400
    assert sheet.height == pytest.approx(rows * (cell + 22) + 4, abs=2 * rows)
