"""Photos are what they claim, small, and silent; everything else is refused and says why."""

import struct
import zlib
from pathlib import Path

import pytest

from points.catalogue.errors import PhotoUnfit
from points.catalogue.photos import BYTES_MAX, Photo, read_photo

SHIPPED = sorted((Path(__file__).parents[3] / "rules" / "photos").iterdir())


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int = 2, height: int = 3, *more: bytes, end: bytes = b"") -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"".join(b"\x00" + b"\x00" * (3 * width) for _ in range(height)))
    parts = (chunk(b"IHDR", head), *more, chunk(b"IDAT", data), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + end


def part(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def jpeg(*more: bytes, end: bytes = b"", scan: bytes = b"\x12\xff\x00\x34\xff\xd0\x56") -> bytes:
    frame = part(0xC0, struct.pack(">BHHB", 8, 3, 2, 1) + b"\x01\x11\x00")
    head = part(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")
    tables = part(0xDB, b"\x00" * 65)
    return (
        b"\xff\xd8" + head + b"".join(more) + tables + frame + part(0xDA, b"\x01\x01\x00\x00\x3f\x00")
        + scan + b"\xff\xd9" + end
    )  # fmt: skip


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"".join(
        kind + struct.pack("<I", len(data)) + data + b"\x00" * (len(data) % 2)
        for kind, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


LOSSY = (b"VP8 ", b"\x00\x00\x00\x9d\x01\x2a\x02\x00\x03\x00data")
LOSSLESS = (b"VP8L", b"\x2f" + struct.pack("<I", (2 - 1) | (3 - 1) << 14) + b"d")
EXTENDED = (b"VP8X", b"\x10\x00\x00\x00" + b"\x01\x00\x00" + b"\x02\x00\x00")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_the_shipped_photos_are_taken(path: Path) -> None:
    photo = read_photo(path.read_bytes())
    assert isinstance(photo, Photo)
    assert (photo.media_type, photo.width, photo.height) == ("image/webp", 480, 360)


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (png(), "image/png"),
        (png(2, 3, chunk(b"iCCP", b"x" * 100)), "image/png"),
        (jpeg(), "image/jpeg"),
        (jpeg(part(0xE2, b"ICC_PROFILE\x00" + b"x" * 50)), "image/jpeg"),
        (jpeg(part(0xEE, b"Adobe" + b"\x00" * 7)), "image/jpeg"),
        (webp(LOSSY), "image/webp"),
        (webp(LOSSLESS), "image/webp"),
        (webp(EXTENDED, (b"ICCP", b"x"), (b"ALPH", b"xx"), LOSSY), "image/webp"),
    ],
)
def test_a_plain_picture_is_taken(content: bytes, media_type: str) -> None:
    photo = read_photo(content)
    assert isinstance(photo, Photo), photo
    assert (photo.media_type, photo.width, photo.height) == (media_type, 2, 3)


@pytest.mark.parametrize(
    "content",
    [
        png(2, 3, chunk(b"eXIf", b"x")),
        png(2, 3, chunk(b"tEXt", b"Author\x00Zhang")),
        png(2, 3, chunk(b"iCCP", b"x" * 5000)),
        png(2, 3, chunk(b"gAMA", b"31.2,121.4")),
        png()[:-12] + chunk(b"IEND", b"31.2,121.4"),
        png(end=b"more"),
        jpeg(part(0xE1, b"Exif\x00\x00GPS")),
        jpeg(part(0xED, b"Photoshop")),
        jpeg(part(0xFE, b"a word")),
        jpeg(part(0xE0, b"JFXX\x00thumbnail")),
        jpeg(part(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x01\x01rgb")),
        webp(EXTENDED, LOSSY, (b"EXIF", b"x")),
        webp(EXTENDED, LOSSY, (b"XMP ", b"x")),
        webp(EXTENDED, (b"ANIM", b"x")),
    ],
)
def test_a_picture_that_tells_more_is_refused(content: bytes) -> None:
    refused = read_photo(content)
    assert isinstance(refused, PhotoUnfit), refused
    assert "EXIF" in refused.text("zh")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a" + b"\x00" * 20,
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        png()[:-4],
        png()[:-20] + b"\x00" * 20,
        b"\x89PNG\r\n\x1a\n" + chunk(b"IEND", b""),
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"") + chunk(b"IDAT", b"") + chunk(b"IEND", b""),
        png(2001),
        png(2, 3, chunk(b"IHDR", struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0))),
        jpeg(part(0xC0, struct.pack(">BHHB", 8, 60000, 60000, 1) + b"\x01\x11\x00")),
        webp(EXTENDED, (b"VP8 ", b"\x00\x00\x00\x9d\x01\x2a\xff\x3f\xff\x3fdata")),
        webp(EXTENDED, LOSSY, LOSSLESS),
        webp(EXTENDED),
        png(2, 0),
        jpeg(end=b"<script>"),
        jpeg()[:-2],
        jpeg()[:40],
        b"\xff\xd8\xff\xd9",
        webp(),
        webp((b"VP8 ", b"nothing")),
        webp(LOSSY) + b"more",
        webp(LOSSY)[:-3],
        b"RIFF\x0c\x00\x00\x00WEBPVP8 \xff\xff\xff\xff",
        b"\x00" * (BYTES_MAX + 1),
    ],
)
def test_what_is_no_picture_of_ours_is_refused(content: bytes) -> None:
    refused = read_photo(content)
    assert isinstance(refused, PhotoUnfit), refused
    assert refused.text("zh")
    assert refused.text("en")
