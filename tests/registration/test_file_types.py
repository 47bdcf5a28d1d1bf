"""What visitors may send for a file: told by its contents, cleaned, or refused at once (R12)."""

import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO

import pytest

from s3chem_events.core.errors import Invalid
from s3chem_events.registration.file_types import FileType, cleaned
from tests.support.patience import ends
from tests.support.pictures import EXIF, PDF, chunk, jpeg, png, segment

pytestmark = pytest.mark.one_database


def zipped() -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", b"\0" * 50_000_000)
    return file.getvalue()


def test_what_a_camera_notes_is_left_out_of_a_picture_and_the_picture_stays() -> None:
    kind, clean = cleaned(png(more=chunk(b"eXIf", EXIF) + chunk(b"tEXt", b"Author\0Anna")))
    assert (kind, clean) == (FileType.PNG, png())
    kind, clean = cleaned(jpeg())
    assert (kind, EXIF in clean, b"a comment" in clean, b"JFIF" in clean) == (FileType.JPEG, False, False, True)
    text = b"GPS 51.1N Anna" * 9
    again = (chunk(kind, text) for kind in (b"pHYs", b"gAMA", b"PLTE", b"sRGB", b"cHRM", b"bKGD", b"sBIT"))
    assert cleaned(png(more=b"".join(again)))[1] == png()
    named = segment(0xE0, b"JFIF\0" + text) + segment(0xE0, b"JFXX\0" + text) + segment(0xEE, b"Adobe" + text)
    assert cleaned(jpeg(more=named))[1] == clean
    assert clean.endswith(b"\x12\xff\x00\x34\xff\xd0\x56\xff\xd9")
    assert cleaned(clean) == (FileType.JPEG, clean)
    assert cleaned(PDF) == (FileType.PDF, PDF)


@pytest.mark.parametrize(
    "content, code",
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "type"),
        (b"GIF89a" + bytes(40), "type"),
        (b"\0" * 100, "type"),
        (PDF + zipped(), "type"),
        (PDF.replace(b"1 0 obj", b"<script>alert(1)</script>"), "type"),
        (PDF.replace(b"/Type /Catalog", b"/OpenAction << /S /JavaScript /JS (app.alert) >>"), "type"),
        (PDF.replace(b"/Type /Catalog", b"/OpenAction << /S /J#61vaScrip#74 >>"), "type"),
        (PDF.replace(b"/Type /Catalog", b"/Names << /#4a#53 (app.alert) >>"), "type"),
        (PDF.replace(b"/Type /Catalog", b"/A << /S /#4Caunc#68 >>"), "type"),
        (PDF[:30], "broken"),
        (png(behind=zipped()), "type"),
        (jpeg(behind=b"<script>alert(1)</script>"), "type"),
        (png(10_000, 10_000, lines=b"\0"), "picture"),
        (jpeg(10_000, 10_000), "picture"),
        (png(lines=b"\0" * 200_000_000), "broken"),
        (png(lines=b"\0" * 5), "broken"),
        (png(kind=(255, 6), lines=b"\0" * 512), "broken"),
        (png(kind=(16, 3), lines=b"\0" * 10), "broken"),
        (png(kind=(8, 5), lines=b"\0" * 2), "broken"),
        (png(1, 40_000_000, kind=(16, 6), lines=b"\0"), "picture"),
        (png().replace(chunk(b"IEND", b""), chunk(b"IDAT", zipped()) + chunk(b"IEND", b"")), "broken"),
        (png(kind=(8, 2), lines=b"\0" * 14, more=chunk(b"tRNS", b"Anna Nowak")), "broken"),
        (png(kind=(2, 3), lines=b"\0" * 4, more=chunk(b"PLTE", b"Anna Nowak lives here")), "broken"),
        (png().replace(chunk(b"IEND", b""), chunk(b"IEND", b"Anna")), "broken"),
        (jpeg(hidden=zipped().replace(b"\xff", b"\xfe")), "type"),
        (jpeg(more=segment(0xDB, b"\0" + b"\x01" * 64 + b"\x02Anna")), "broken"),
        (jpeg(more=segment(0xC4, b"\0" + bytes(16) + b"Anna")), "broken"),
        (jpeg(more=segment(0xDD, b"Anna")), "broken"),
        (png()[:-5], "broken"),
        (png().replace(b"IDAT", b"IDAt"), "broken"),
        (jpeg()[:-2], "broken"),
        (b"\xff\xd8\xff\xe0\0\0", "broken"),
        (b"\xff\xd8\xff\xc0\0\x02", "broken"),
    ],
)
def test_what_is_two_things_acts_or_bursts_is_refused_in_little_memory(content: bytes, code: str) -> None:
    tracemalloc.start()
    with ends(), pytest.raises(Invalid) as refused:
        cleaned(content)
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.value.detail == code
    assert most < 20_000_000


def test_what_acts_in_an_object_stream_of_a_document_is_found_and_other_documents_are_taken() -> None:
    acts = b"5 0 << /S /J#61vaScript /JS (app.alert(1)) >>"
    quiet, far = b"5 0 << /Type /Page >>", b"5 0 " + b" " * 999_995 + acts  # across the border of two pieces
    flate = b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode"
    stored = zlib.compress(document(acts), 0)
    for content, said in (
        (document(quiet), "pdf"),
        (document(quiet) + document(quiet), "pdf"),
        (document(quiet, b"/Filter /LZWDecode", pack=bytes), "pdf"),  # a picture
        (document(quiet, b"/Type /ObjStm /N 1 /First 4", pack=bytes), "pdf"),
        (document(acts), "type"),
        (document(far), "type"),
        (document(quiet) + document(acts), "type"),
        (document(acts, flate.replace(b"ObjStm", b"#4fbjSt#6D").replace(b"Flate", b"Fl#61te")), "type"),
        (document(quiet, flate.replace(b"/FlateDecode", b"[/FlateDecode /ASCIIHexDecode]")), "type"),
        (document(quiet, flate + b" /DecodeParms << /Predictor 12 >>"), "type"),
        (document(quiet, flate.replace(b"/FlateDecode", b"9 0 R")), "type"),
        (document(quiet, pack=lambda content: zlib.compress(content)[:9]), "type"),
        (document(b"encrypted", pack=bytes), "type"),
        (document(b" " * 20_000_001), "type"),
        (document(quiet, flate, pack=lambda content: stored), "type"),
    ):
        assert verdict(content) == said, content[:200]


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7\n" + b"/ObjStm" * 700_000 + b"%%EOF",
        b"%PDF-1.7\n" + b"/ObjStm /Filter /FlateDecode stream " * 140_000 + b"%%EOF",
        b"%PDF-1.7\n" + b"/ObjStm stream " * 330_000 + b"%%EOF",
        b"%PDF-1.7\n" + b"/ObjStm obj " * 400_000 + b"stream %%EOF",
    ],
)
def test_a_document_full_of_names_is_looked_through_once(content: bytes) -> None:
    with ends():
        assert verdict(content) in {"pdf", "type"}


def test_what_is_packed_behind_the_end_of_a_picture_is_not_gathered() -> None:
    content = png(lines=b"\0" * 6).replace(chunk(b"IEND", b""), chunk(b"IDAT", b"x") * 100_000 + chunk(b"IEND", b""))
    with ends():
        assert verdict(content) == "broken"


def document(
    objects: bytes,
    told: bytes = b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode",
    *,
    pack: Callable[[bytes], bytes] = zlib.compress,
) -> bytes:
    """Return a document with an object stream of which the dictionary has this `told`."""
    packed = pack(objects)
    return PDF.replace(b"trailer", b"4 0 obj\n<< %b >>\nstream\r\n%b\nendstream\nendobj\ntrailer" % (told, packed))


def verdict(content: bytes) -> str:
    try:
        return cleaned(content)[0]
    except Invalid as refusal:
        return refusal.detail


def test_no_end_of_a_cut_or_bent_file_gives_anything_but_a_refusal() -> None:
    for whole in (png(), jpeg(), PDF):
        for at in range(len(whole)):
            for bent in (whole[:at], whole[:at] + b"\xff" + whole[at + 1 :]):
                assert verdict(bent) in {"pdf", "png", "jpeg", "type", "broken", "picture"}
