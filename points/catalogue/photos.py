"""Photos of rewards: pictures that are what they claim, small, and silent about who took them.

Read structure by structure, by hand: a photo is kept as it was sent or refused, never changed. A
picture that carries a place, a camera or anybody's words is refused, and whoever publishes exports
it anew without them.
"""

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn

from points.catalogue.errors import PhotoUnfit

BYTES_MAX = 300 << 10
SIDE_MAX = 2000

PNG, JPEG, WEBP = "image/png", "image/jpeg", "image/webp"

_PNG_HEAD = b"\x89PNG\r\n\x1a\n"
# What a picture is made of, and how long it may be, so that none of it says anything else; texts,
# times and EXIF are none of it.
_PNG_BYTES_MAX = {
    b"IHDR": 13,
    b"PLTE": 768,
    b"IDAT": BYTES_MAX,
    b"IEND": 0,
    b"tRNS": 256,
    b"gAMA": 4,
    b"cHRM": 32,
    b"sRGB": 1,
    b"sBIT": 4,
    b"pHYs": 9,
}
_WEBP_PICTURES = frozenset((b"VP8 ", b"VP8L"))
_WEBP_CHUNKS = _WEBP_PICTURES | {b"VP8X", b"ALPH"}
PROFILE_BYTES_MAX = 4096
"""A colour profile of usual length says what a colour is; a longer one may say more."""
_JPEG_FRAMES = frozenset((0xC0, 0xC1, 0xC2))
_JPEG_PARTS = frozenset((0xDB, 0xC4, 0xDD))
_JFIF, _PROFILE, _ADOBE = 0xE0, 0xE2, 0xEE
_SCAN, _END = 0xDA, 0xD9
_RESTARTS = range(0xD0, 0xD8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A picture that may be shown.

    Attributes:
        sha256: Of its bytes; what it is called.
    """

    sha256: str
    media_type: str
    width: int
    height: int
    content: bytes = field(repr=False)


class _Unfit(Exception):
    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.refusal = PhotoUnfit(zh_why=zh, en_why=en)


def read_photo(content: bytes) -> Photo | PhotoUnfit:
    """Return the photo that some bytes are, or why they are none that is taken."""
    try:
        media_type, width, height = _read(content)
        if not (0 < width <= SIDE_MAX and 0 < height <= SIDE_MAX):
            _refuse(f"宽高须为 1～{SIDE_MAX} 像素", f"its sides are to be 1 to {SIDE_MAX} pixels")
    except _Unfit as unfit:
        return unfit.refusal
    return Photo(
        sha256=hashlib.sha256(content).hexdigest(),
        media_type=media_type,
        width=width,
        height=height,
        content=content,
    )


def _read(content: bytes) -> tuple[str, int, int]:
    if len(content) > BYTES_MAX:
        _refuse(f"超过 {BYTES_MAX >> 10} KB", f"it is longer than {BYTES_MAX >> 10} KB")
    if content.startswith(_PNG_HEAD):
        return (PNG, *_png(content))
    if content.startswith(b"\xff\xd8"):
        return (JPEG, *_jpeg(content))
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
        _refuse("不是 PNG、JPEG 或 WebP 图片", "it is no PNG, JPEG or WebP")
    return (WEBP, *_webp(content))


def _refuse(zh: str, en: str) -> NoReturn:
    raise _Unfit(zh, en)


def _damaged() -> NoReturn:
    _refuse("文件不完整或已损坏", "the file is damaged or cut off")


def _telling() -> NoReturn:
    _refuse(
        "含拍摄信息或说明文字（EXIF、GPS 等），请另存为不含信息的图片",
        "it carries metadata (EXIF, GPS, texts): export it anew without",
    )


def _png(content: bytes) -> tuple[int, int]:
    chunks = list(_png_chunks(content))
    kinds = [kind for kind, _ in chunks]
    if kinds[:1] != [b"IHDR"] or kinds[-1:] != [b"IEND"] or b"IDAT" not in kinds:
        _damaged()
    if kinds.count(b"IHDR") > 1:
        _damaged()
    if any(
        len(body) > _PNG_BYTES_MAX.get(kind, -1) and not _profile(kind, body)
        for kind, body in chunks
    ):
        _telling()
    head = chunks[0][1]
    if len(head) != 13:  # noqa: PLR2004 - as long as the standard says
        _damaged()
    return int.from_bytes(head[:4]), int.from_bytes(head[4:8])


def _profile(kind: bytes, body: bytes) -> bool:
    return kind in {b"iCCP", b"ICCP"} and len(body) <= PROFILE_BYTES_MAX


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_PNG_HEAD)
    while at < len(content):
        size = int.from_bytes(content[at : at + 4])
        kind, body = content[at + 4 : at + 8], content[at + 8 : at + 8 + size]
        checked = content[at + 8 + size : at + 12 + size]
        if checked != zlib.crc32(kind + body).to_bytes(4):
            _damaged()
        yield kind, body
        at += 12 + size
        if kind == b"IEND" and at != len(content):
            _telling()


def _webp(content: bytes) -> tuple[int, int]:
    if int.from_bytes(content[4:8], "little") + 8 != len(content):
        _damaged()
    # The picture says its sides, and so may a head before it: whoever shows it goes by either.
    said: set[tuple[int, int]] = set()
    pictures, at = 0, 12
    while at < len(content):
        kind, size = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        body = content[at + 8 : at + 8 + size]
        if len(body) != size:
            _damaged()
        if kind not in _WEBP_CHUNKS and not _profile(kind, body):
            _telling()
        if found := _webp_sides(kind, body):
            said.add(found)
        pictures += kind in _WEBP_PICTURES
        at += 8 + size + size % 2
    if len(said) != 1 or pictures != 1:
        _damaged()
    return said.pop()


def _webp_sides(kind: bytes, body: bytes) -> tuple[int, int] | None:
    if kind == b"VP8X" and len(body) == 10:  # noqa: PLR2004 - as long as the standard says
        return (
            int.from_bytes(body[4:7], "little") + 1,
            int.from_bytes(body[7:10], "little") + 1,
        )
    if kind == b"VP8L" and body[:1] == b"\x2f":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        return (
            int.from_bytes(body[6:8], "little") & 0x3FFF,
            int.from_bytes(body[8:10], "little") & 0x3FFF,
        )
    return None


def _jpeg(content: bytes) -> tuple[int, int]:
    sides, at = None, 2
    while True:
        if content[at : at + 1] != b"\xff" or at + 4 > len(content):
            _damaged()
        marker, size = content[at + 1], int.from_bytes(content[at + 2 : at + 4])
        body = content[at + 4 : at + 2 + size]
        if marker in _JPEG_FRAMES and len(body) > 5:  # noqa: PLR2004 - precision and two sides
            if sides is not None:  # another picture, of whatever size
                _damaged()
            sides = int.from_bytes(body[3:5]), int.from_bytes(body[1:3])
        elif not _silent(marker, body):
            _telling()
        at += 2 + size
        if marker == _SCAN:
            at = _after_scan(content, at)
            if content[at + 1] == _END:
                break
    if sides is None or at + 2 != len(content):
        _damaged()
    return sides


def _silent(marker: int, body: bytes) -> bool:
    """Return whether a part of a JPEG says nothing but the picture."""
    if marker == _JFIF:  # without a thumbnail, which may show what was cut off
        return body[:5] == b"JFIF\x00" and len(body) == 14  # noqa: PLR2004 - its fixed part
    if marker == _PROFILE:
        return body.startswith(b"ICC_PROFILE\x00") and len(body) <= PROFILE_BYTES_MAX
    if marker == _ADOBE:
        return body[:5] == b"Adobe" and len(body) == 12  # noqa: PLR2004 - a transform, no more
    return marker in _JPEG_PARTS or marker == _SCAN


def _after_scan(content: bytes, at: int) -> int:
    """Return where the next marker stands that is no part of a scan."""
    while True:
        at = content.find(b"\xff", at)
        if at < 0 or at + 2 > len(content):
            _damaged()
        if content[at + 1] != 0 and content[at + 1] not in _RESTARTS:
            return at
        at += 2
