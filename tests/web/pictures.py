"""What a screenshot shows: PNG unpacked with the standard library, and QR codes read off it."""

import struct
import zlib

import zxingcpp

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def grey(png: bytes) -> tuple[int, int, bytes]:
    """Return width, height and one byte of green a pixel; chromium writes RGB or RGBA of 8 bits."""
    assert png.startswith(SIGNATURE)
    at, data, width, height, channels = len(SIGNATURE), b"", 0, 0, 0
    while at < len(png):
        (length,), kind = struct.unpack(">I", png[at : at + 4]), png[at + 4 : at + 8]
        chunk = png[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", chunk[:10])
            assert depth == 8
            channels = {2: 3, 6: 4}[colour]
        data += chunk if kind == b"IDAT" else b""
        at += 12 + length
    raw, stride = zlib.decompress(data), width * channels
    before, lines = bytes(stride), []
    for row in range(height):
        begin = row * (stride + 1)
        before = line(raw[begin], bytearray(raw[begin + 1 : begin + 1 + stride]), before, channels)
        lines.append(bytes(before[1::channels]))
    return width, height, b"".join(lines)


def line(how: int, now: bytearray, before: bytes, step: int) -> bytes:
    """Undo the filter of one line of a PNG."""
    for at in range(len(now)):
        left = now[at - step] if at >= step else 0
        up, corner = before[at], before[at - step] if at >= step else 0
        now[at] = (now[at] + (0, left, up, (left + up) // 2, paeth(left, up, corner))[how]) & 255
    return bytes(now)


def paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda each: abs(guess - each))


def codes_in(png: bytes) -> list[str]:
    """Return the texts of the QR codes in a screenshot."""
    width, height, pixels = grey(png)
    image = memoryview(pixels).cast("B", shape=[height, width])
    return [found.text for found in zxingcpp.read_barcodes(image)]
