"""Files for tests, made byte by byte: a picture, a document, and what hides in them."""

import struct
import zlib

EXIF = b"Exif\0\0Where I live"
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    width: int = 2,
    height: int = 2,
    *,
    kind: tuple[int, int] = (8, 0),
    lines: bytes | None = None,
    more: bytes = b"",
    behind: bytes = b"",
) -> bytes:
    """Return a grey picture, or one of another `kind` (depth and colour), all black.

    `more` chunks stand in it, and what stands `behind` it does not belong to it.
    """
    header = struct.pack(">IIBBBBB", width, height, *kind, 0, 0, 0)
    packed = zlib.compress(b"\0" * (height * (width + 1)) if lines is None else lines, 9)
    chunks = chunk(b"IHDR", header) + more + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks + behind


def segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def jpeg(width: int = 2, height: int = 2, *, more: bytes = b"", hidden: bytes = b"", behind: bytes = b"") -> bytes:
    """Return the frame of a picture, with EXIF and a comment in it; nobody looks into its scan.

    `more` segments stand in it, and what is `hidden` stands in its scan.
    """
    frame = struct.pack(">BHHBBBB", 8, height, width, 1, 1, 0x11, 0)
    noted = segment(0xE1, EXIF) + segment(0xFE, b"a comment")
    scan = segment(0xDA, b"\x01\x01\0\0\x3f\0") + b"\x12\xff\x00\x34\xff\xd0\x56"
    jfif = segment(0xE0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0")
    tables = segment(0xDB, b"\0" + b"\x01" * 64) + segment(0xC4, b"\0" + b"\0\x01" + b"\0" * 14 + b"\x05")
    return b"\xff\xd8" + jfif + noted + more + tables + segment(0xC0, frame) + scan + hidden + b"\xff\xd9" + behind
