"""What the look promises: the emblem, contrast in light and dark, little weight, nothing inline, no other host."""

import re
from math import cos, hypot, isclose, pi, sin
from xml.etree import ElementTree as ET

import pytest

from tests.support.source import ROOT

pytestmark = [pytest.mark.one_database, pytest.mark.counted_elsewhere]

STATIC, TEMPLATES = ROOT / "static", ROOT / "templates"
SVG = "{http://www.w3.org/2000/svg}"
ON_PAPER = ("paper", "paper-2")
TEXT_7 = [(ink, paper) for ink in ("ink", "ink-2") for paper in ON_PAPER] + [
    ("band-ink", "band"),
    ("band-ink-2", "band"),
]
TEXT_4_5 = [
    *[(colour, paper) for colour in ("action", "action-hover", "bad") for paper in ON_PAPER],
    *[(kind, f"{kind}-paper") for kind in ("good", "changed", "bad", "news", "calm")],
    ("on-action", "action"),
    ("on-action", "action-hover"),
    ("paper", "bad"),
]
EDGES_3 = [("line-strong", paper) for paper in ON_PAPER]


def test_the_emblem_has_the_official_geometry():
    root = ET.fromstring((STATIC / "img/eu-emblem.svg").read_text())
    _x, _y, width, height = (float(number) for number in root.attrib["viewBox"].split())
    field, star = root.find(f"{SVG}path"), root.find(f"{SVG}defs/{SVG}path")
    group = root.find(f"{SVG}g")
    assert field is not None
    assert star is not None
    assert group is not None
    points: list[tuple[float, ...]] = [
        tuple(map(float, pair.split(","))) for pair in star.attrib["d"].strip("Mz").split("L")
    ]
    places = [(float(use.attrib["x"]), float(use.attrib["y"])) for use in group]
    hours = [(width / 2 + height / 3 * sin(h * pi / 6), height / 2 - height / 3 * cos(h * pi / 6)) for h in range(12)]

    assert (field.attrib["fill"], group.attrib["fill"]) == ("#039", "#fc0")
    assert isclose(width / height, 3 / 2)
    assert all(hypot(x - at_x, y - at_y) < 0.01 for (x, y), (at_x, at_y) in zip(places, hours, strict=True))
    assert [round(hypot(*point), 2) for point in points[::2]] == [round(height / 18, 2)] * 5
    assert list(points[0]) == [0, -height / 18]
    # The sides are straight: the inner corners beside the top lie at the height of the two arms.
    assert [round(points[corner][1], 2) for corner in (1, 9)] == [round(points[2][1], 2)] * 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_pair_of_colours_has_its_contrast(scheme: str):
    colours = tokens(scheme)
    wanted = {pair: least for least, pairs in ((7, TEXT_7), (4.5, TEXT_4_5), (3, EDGES_3)) for pair in pairs}
    reached = {(ink, paper): round(contrast(colours[ink], colours[paper]), 2) for ink, paper in wanted}
    assert {pair: ratio for pair, ratio in reached.items() if ratio < wanted[pair]} == {}


def test_the_look_stays_light():
    most = {"css/site.css": 25_000, "vendor/source-sans-3/*.woff2": 60_000, "img/seven-cells.svg": 2_000}
    weight = {name: sum(path.stat().st_size for path in STATIC.glob(name)) for name in most}
    assert {name: size for name, size in weight.items() if not 0 < size <= most[name]} == {}


def test_no_style_sheet_or_script_calls_another_host():
    files = [*STATIC.glob("css/*.css"), *STATIC.glob("js/*.js")]
    assert [path.name for path in files if re.search(r"https?:|url\(\"?//", path.read_text())] == []


def test_no_public_template_has_inline_style_or_script():
    inline = re.compile(r"\sstyle=|<style|\son\w+=|<script(?![^>]*\ssrc=)(?![^>]*application/ld\+json)")
    pages = [path for path in TEMPLATES.rglob("*.html") if "mail" not in path.relative_to(TEMPLATES).parts]
    assert pages
    assert [str(path) for path in pages if inline.search(path.read_text())] == []


def tokens(scheme: str) -> dict[str, str]:
    light, _mark, dark = (STATIC / "css/tokens.css").read_text().partition("@media (prefers-color-scheme: dark)")
    found = dict(re.findall(r"--([\w-]+): (#\w+);", light))
    return found | dict(re.findall(r"--([\w-]+): (#\w+);", dark)) if scheme == "dark" else found


def contrast(one: str, other: str) -> float:
    """Return WCAG 2's contrast ratio of two colours."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(d * 2 for d in digits) if len(digits) == 3 else digits
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
