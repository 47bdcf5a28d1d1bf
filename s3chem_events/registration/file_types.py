"""What files visitors may send: told by their contents, never by their names; pure.

A picture is written anew from the parts that draw it, none longer than it says: what a camera notes of place and person
(EXIF), comments, and whatever hangs behind the picture's end are left out or refused. Nothing is decompressed beyond
what its size promises, so that a small file cannot become a large one here (security.md R12).

A document is kept as it came. What makes it act is looked for as it stands there, and in its object streams, which is
where programs put it. A reader that is laxer than the standard may find more: so no file is shown by us, each is handed
out as an attachment.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from enum import StrEnum

from s3chem_events.core.errors import Invalid


class FileType(StrEnum):
    """What sort of file is taken."""

    PDF = "pdf"
    PNG = "png"
    JPEG = "jpeg"


MIME = {FileType.PDF: "application/pdf", FileType.PNG: "image/png", FileType.JPEG: "image/jpeg"}
MEGABYTE = 1_000_000
PIECE = 16_384
"""Packed bytes that are unpacked at a time: what is left of them is copied each time, so they are few."""
MOST_MB = 5
MOST_PIXELS = 40_000_000
"""More than any telephone's camera makes; 10,000 by 10,000 is a trap."""
PNG_START = b"\x89PNG\r\n\x1a\n"
PNG_HEADER, PALETTE = 13, 3
PNG_CLEAR = {0: 2, 2: 6}
"""How long tRNS is, which says what is transparent; with a palette it is as long as that at most."""
PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
PNG_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
"""Bits of a sample for each type of colour; there are no others (PNG, third edition, 11.2.1, table 10)."""
MOST_PNG_BYTES = 8 * MOST_PIXELS
"""What the deepest colours take for the most points."""
JPEG_START, JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
SCAN, QUANTIZED, CODED, RESTARTED, JPEG_FRAMES = 0xDA, 0xDB, 0xC4, 0xDD, frozenset({0xC0, 0xC1, 0xC2})
JPEG_DRAWN = JPEG_FRAMES | {SCAN, QUANTIZED, CODED, RESTARTED}
"""What draws a picture: frames, scans and tables (ITU-T T.81, B.1.1.3)."""
JPEG_NAMED = {0xE0: (b"JFIF\0", 14), 0xEE: (b"Adobe", 12)}
"""JFIF's and Adobe's own segments, one of each, by how they begin and how long they are without a small picture."""
PDF_START = re.compile(rb"%PDF-[12]\.[0-9]")
_ACTS = ("JavaScript", "JS", "Launch", "EmbeddedFiles", "EmbeddedFile", "RichMedia", "XFA")


def _named(*names: str) -> re.Pattern[bytes]:
    """Find names, each sign as it is or by its number (ISO 32000-1, 7.3.5)."""
    spelt = ("".join(rf"(?:{sign}|(?i:#{ord(sign):02x}))" for sign in name) for name in names)
    return re.compile(rf"/({'|'.join(spelt)})\b".encode())


PDF_ACTS = _named(*_ACTS)
"""What makes a document act or carry another file."""
LONGEST_ACT = len("/") + max(map(len, _ACTS)) * len("#4a") + 1
PDF_OBJECTS, PDF_STREAM = _named("ObjStm"), re.compile(rb"(?<!end)stream[\0\t\n\f\r ]*")
PDF_NUMBERED = re.compile(rb"#([0-9A-Fa-f]{2})")
MOST_PDF_OBJECTS = 20_000_000
"""What a document's object streams may hold: they describe pages, and are no pictures."""
PDF_OBJECTS_COST = 2_000
"""To begin one takes as long as to unpack so many bytes."""
PDF_TAIL, ZIP_TAIL = 1_024, 65_557
ZIP_END = b"PK\x05\x06"
MARKUP = re.compile(rb"<(script|html|svg|!doctype)", re.IGNORECASE)


def cleaned(content: bytes) -> tuple[FileType, bytes]:
    """Return what a file is, and its contents as they are kept.

    Raises:
        Invalid: with a code: `type` (none of ours, or two things at once), `broken`, `picture` (too many points).

    """
    if content.startswith(PNG_START):
        return FileType.PNG, _one_thing(_png(content))
    if content.startswith(JPEG_START):
        return FileType.JPEG, _one_thing(_jpeg(content))
    if PDF_START.match(content):
        return FileType.PDF, _pdf(content)
    raise Invalid("file", "type")


def _one_thing(content: bytes) -> bytes:
    """Return what no reader of archives takes for one; they seek the end of an archive from behind."""
    if ZIP_END in content[-ZIP_TAIL:]:
        raise Invalid("file", "type")
    return content


def _pdf(content: bytes) -> bytes:
    end = content.rfind(b"%%EOF")
    if end < 0:
        raise Invalid("file", "broken")
    two_things = content[end + 5 :].strip(b"\0 \t\r\n") or MARKUP.search(content[:PDF_TAIL])
    if two_things or PDF_ACTS.search(content) or any(map(PDF_ACTS.search, _pdf_objects(content))):
        raise Invalid("file", "type")
    return _one_thing(content)


def _pdf_objects(content: bytes) -> Iterator[bytes]:
    """Yield what object streams hold (ISO 32000-1, 7.5.7), in pieces that overlap by the longest name.

    Not taken is one that cannot be looked into: packed otherwise than by Flate alone, or encrypted, or without an end;
    nor one that hides another, nor what is too much in all.
    """
    at, room = 0, MOST_PDF_OBJECTS
    while (named := PDF_OBJECTS.search(content, at)) and (begun := PDF_STREAM.search(content, named.end())):
        told = content[max(content.rfind(b"obj", at, named.start()), at) : begun.start()]
        told = PDF_NUMBERED.sub(lambda sign: bytes([int(sign[1], 16)]), told)
        at, tail = begun.end(), b""
        room -= PDF_OBJECTS_COST
        is_plain = b"/Filter" not in told  # it stands there as it is
        if room < 0 or not (is_plain or (told.count(b"Decode") == 1 and b"/FlateDecode" in told)):
            raise Invalid("file", "type")
        for piece, end in () if is_plain else _flate(content, at):
            at, room = end, room - len(piece)
            if room < 0:
                raise Invalid("file", "type")
            yield tail + piece
            tail = (tail + piece)[-LONGEST_ACT:]
        if PDF_OBJECTS.search(content, begun.end(), at):
            raise Invalid("file", "type")


def _flate(content: bytes, at: int) -> Iterator[tuple[bytes, int]]:
    """Yield what is packed from a place on, in pieces, each with where the next one goes on."""
    unpacking, rest = zlib.decompressobj(), b""
    try:
        while not unpacking.eof:
            rest = rest or content[at : at + PIECE]
            if not rest:
                raise Invalid("file", "type")
            at += 0 if unpacking.unconsumed_tail else len(rest)
            piece = unpacking.decompress(rest, MEGABYTE)
            rest = unpacking.unconsumed_tail
            yield piece, at - len(unpacking.unused_data)
    except zlib.error as error:
        raise Invalid("file", "type") from error


def _png(content: bytes) -> bytes:
    kept, packed, lines, room = [PNG_START], list[bytes](), 0, {b"IHDR": PNG_HEADER}
    for kind, data, whole in _chunks(content):
        if kind == b"IDAT" and lines:
            packed.append(data)
        elif kind not in room:
            continue  # text, time, EXIF, profiles: it draws nothing (PNG, third edition, 11.3)
        elif len(data) > room.pop(kind):
            raise Invalid("file", "broken")
        elif kind == b"IHDR":
            lines, room = _png_bytes(data), _png_room(data)
        kept.append(whole)
    if not lines or _unpacked(packed, most=lines) != lines:
        raise Invalid("file", "broken")
    return b"".join(kept)


def _png_room(header: bytes) -> dict[bytes, int]:
    """Return the chunks that follow a header, once each, and the most that they hold for its type of colour."""
    depth, colour = header[8:10]
    if colour == PALETTE:
        return {b"PLTE": 3 << depth, b"tRNS": 1 << depth, b"IEND": 0}
    return {b"tRNS": PNG_CLEAR.get(colour, 0), b"IEND": 0}


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield kind, data and bytes of each chunk up to the end, behind which nothing may stand."""
    at = len(PNG_START)
    while at + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, at)
        kind, end = content[at + 4 : at + 8], at + 12 + length
        data, check = content[at + 8 : end - 4], content[end - 4 : end]
        if end > len(content) or zlib.crc32(kind + data).to_bytes(4, "big") != check:
            break
        yield kind, data, content[at:end]
        at = end
        if kind == b"IEND":
            if at == len(content):
                return
            raise Invalid("file", "type")
    raise Invalid("file", "broken")


def _png_bytes(header: bytes) -> int:
    """Return how many bytes a picture's lines have when they are unpacked; interlaced ones have a few more."""
    if len(header) != PNG_HEADER:
        raise Invalid("file", "broken")
    width, height, depth, colour, method, filtered, interlaced = struct.unpack(">IIBBBBB", header)
    if depth not in PNG_DEPTHS.get(colour, ()) or method or filtered or interlaced > 1:
        raise Invalid("file", "broken")
    if not 0 < width * height <= MOST_PIXELS:
        raise Invalid("file", "picture")
    passes = _ADAM7 if interlaced else ((0, 0, 1, 1),)
    promised = sum(_pass_bytes(width, height, depth * PNG_CHANNELS[colour], one) for one in passes)
    if promised > MOST_PNG_BYTES:
        raise Invalid("file", "picture")
    return promised


_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def _pass_bytes(width: int, height: int, bits: int, which: tuple[int, int, int, int]) -> int:
    left, top, across, down = which
    columns, rows = -((left - width) // across), -((top - height) // down)
    return rows * (1 + (columns * bits + 7) // 8) if columns > 0 and rows > 0 else 0


def _unpacked(packed: list[bytes], *, most: int) -> int:
    """Return how many bytes come out, counted and no further than one more than it may be; -1 of what is not whole."""
    unpacking, count, left = zlib.decompressobj(), 0, sum(map(len, packed))
    try:
        for piece in _pieces(packed):
            rest = piece
            while rest and count <= most and not unpacking.eof:
                count += len(unpacking.decompress(rest, min(MEGABYTE, most - count + 1)))
                rest = unpacking.unconsumed_tail
            left -= len(piece) - len(unpacking.unused_data)
            if count > most or unpacking.eof:  # what is fed behind the end would be kept, and copied each time
                break
    except zlib.error:
        return -1
    return count if unpacking.eof and not left else -1


def _pieces(packed: list[bytes]) -> Iterator[bytes]:
    return (data[at : at + PIECE] for data in packed for at in range(0, len(data), PIECE))


def _jpeg(content: bytes) -> bytes:
    kept, at, framed, named = [content[:2]], 2, False, dict(JPEG_NAMED)
    for marker, start, data, end in _segments(content):
        at = end
        if marker in JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", data, 1)
            if not 0 < width * height <= MOST_PIXELS:
                raise Invalid("file", "picture")
        if marker in JPEG_DRAWN:
            if not _is_whole(marker, data) or (framed and marker in JPEG_FRAMES):
                raise Invalid("file", "broken")
            framed = framed or marker in JPEG_FRAMES
        elif marker not in named or not data.startswith(named[marker][0]) or len(data) != named.pop(marker)[1]:
            continue  # EXIF, profiles, comments
        kept.append(content[start:end])
    if not framed or content[at : at + 2] != JPEG_END:
        raise Invalid("file", "broken")
    if content[at + 2 :].strip(b"\0 \t\r\n"):
        raise Invalid("file", "type")
    return b"".join([*kept, JPEG_END])


def _is_whole(marker: int, data: bytes) -> bool:
    """Whether a segment is as long as what it says that it holds, so that nothing else has room (B.2.2 to B.2.4)."""
    if marker == RESTARTED:
        return len(data) == 2  # noqa: PLR2004 - one number
    if marker in JPEG_FRAMES:
        return len(data) == 6 + 3 * data[5]
    if marker == SCAN:
        return bool(data) and len(data) == 4 + 2 * data[0]
    at = 0
    while at < len(data):
        at += 1 + (64 << (data[at] >> 4) if marker == QUANTIZED else 16 + sum(data[at + 1 : at + 17]))
    return at == len(data)


def _segments(content: bytes) -> Iterator[tuple[int, int, bytes, int]]:
    """Yield marker, start, data and end of each segment up to the end of the picture, a scan with what it draws."""
    at = 2
    while at + 4 <= len(content) and content[at] == 0xFF and content[at : at + 2] != JPEG_END:  # noqa: PLR2004 - each marker begins with it
        marker = content[at + 1]
        if marker == 0xFF:  # noqa: PLR2004 - it may be filled up with more of them
            at += 1
            continue
        (length,) = struct.unpack_from(">H", content, at + 2)
        end = at + 2 + length
        if end > len(content) or length < (8 if marker in JPEG_FRAMES else 2):
            raise Invalid("file", "broken")
        data = content[at + 4 : end]
        if marker == SCAN:
            end = _scan_end(content, end)
        yield marker, at, data, end
        at = end


_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""In a scan a byte FF stands before 00 or a restart mark; before anything else it is the next segment (B.1.1.5)."""


def _scan_end(content: bytes, start: int) -> int:
    found = _MARKER.search(content, start)
    return found.start() if found else len(content)
