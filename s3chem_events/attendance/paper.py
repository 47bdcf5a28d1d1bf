"""A letter as PDF: its text tagged and in its language, its fonts inside (docs/decisions/0029).

Loaded by whoever asks for one: the library takes 20 MB that no other page needs.
"""

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import cast

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from s3chem_events.attendance.gates import Letter, Unwritable
from s3chem_events.mailing import render

FONTS = Path(__file__).parent / "fonts"
FAMILY, PLAIN, STRONG = "paper", "", "B"
MARGIN, EMBLEM, BREADTH = 25.0, 12.0, 18.0
SIZE, HEADING, SMALL = 11.0, 18.0, 9.0
LEADING = 0.5
"""Millimetres of a line's height for each point of its letters."""


def pdf(letter: Letter, *, title: str, funding: str, alternative: str) -> bytes:
    """Return a letter on A4, below the emblem (with its `alternative` in words) and the funding statement.

    Raises:
        Unwritable.

    """
    sheet = _Sheet(title, letter.language)
    try:
        sheet.head(funding, alternative)
        sheet.write_out(letter)
        return bytes(sheet.output())
    finally:
        sheet.let_go()


class _Sheet(FPDF):
    def __init__(self, title: str, language: str) -> None:
        super().__init__(format="A4")
        self.set_title(title)
        self.set_lang(language)
        self.set_margins(MARGIN, MARGIN)
        self.c_margin = 0.0
        self.set_auto_page_break(auto=True, margin=MARGIN)
        self.add_font(FAMILY, PLAIN, FONTS / "regular.ttf")
        self.add_font(FAMILY, STRONG, FONTS / "semibold.ttf")
        self.add_page()

    def head(self, funding: str, alternative: str) -> None:
        """Put the emblem with the statement beside it on top, as on all that leaves the house."""
        self.image(BytesIO(render.emblem()), x=MARGIN, y=self.get_y(), h=EMBLEM, alt_text=alternative)
        self.set_left_margin(MARGIN + EMBLEM * 1.5 + 4)
        self.say("P", funding, size=SMALL)
        self.set_left_margin(MARGIN)
        self.set_xy(MARGIN, max(self.get_y(), MARGIN + EMBLEM) + BREADTH / 2)

    def write_out(self, letter: Letter) -> None:
        """Write the letter itself, with room for a signature."""
        self.say("P", letter.written_on)
        self.say("H1", letter.heading, size=HEADING, style=STRONG)
        for line in letter.lines:
            self.say("P", line)
        for part in letter.parts:
            self.say("P", f"– {part}")
        for label, value in letter.rows:
            self.say("P", f"{label}: {value}")
        self.say("P", letter.closing)
        self.ln(BREADTH)
        self.say("P", f"{'_' * 40}\n{letter.signature}")

    def let_go(self) -> None:
        """Close the files of the fonts, which the library leaves open."""
        for font in self.fonts.values():
            font.ttfont.close()  # type: ignore[union-attr]

    def say(self, kind: str, text: str, *, size: float = SIZE, style: str = PLAIN) -> None:
        """Write a paragraph as an element of this kind; one that goes over the page is an element on each."""
        self.set_font(FAMILY, style, size)
        self._check(text)
        height = size * LEADING
        lines = cast("list[str]", self.multi_cell(0, height, text, align="L", dry_run=True, output="LINES"))
        while lines:
            here = int((self.page_break_trigger - self.get_y()) // height)
            if here < 1:
                self.add_page()
                continue
            self._write(kind, lines[:here], height)
            lines = lines[here:]
        self.ln(height / 2)

    def _write(self, kind: str, lines: Iterable[str], height: float) -> None:
        number = self.struct_builder.next_mcid_for_page(self.page)
        self._add_marked_content(struct_type=f"/{kind}", mcid=number)
        self._out(f"/{kind} <</MCID {number}>> BDC")
        for line in lines:
            self.cell(0, height, line, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self._out("EMC")

    def _check(self, text: str) -> None:
        known = self.current_font.cmap  # type: ignore[union-attr]
        if any(ord(letter) not in known for letter in text if letter not in "\n\r"):
            raise Unwritable
