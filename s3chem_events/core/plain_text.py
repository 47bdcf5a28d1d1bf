"""Markdown as people write it in a text e-mail; pure. Lines are broken by whoever sends it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it.token import Token


RULE = "-" * 40
WIDTH = 72
UNDERLINES = {"h1": "=", "h2": "=", "h3": "-", "h4": "-"}
CELLS = frozenset({"td_open", "th_open"})


@dataclass(slots=True)
class _Sheet:
    """What is written so far, and within which lists and quotations the next passage stands."""

    lines: list[str] = field(default_factory=list)
    counters: list[int | None] = field(default_factory=list)
    quoted: int = 0
    cells: list[str] = field(default_factory=list)

    def passage(self, opened: "Token", words: str) -> None:
        """Write one passage: a cell, a heading, a line of a list, or a paragraph."""
        if opened.type in CELLS:
            self.cells.append(words)
        elif opened.type == "heading_open":
            self.lines += [words, UNDERLINES.get(opened.tag, "-") * min(len(words), WIDTH), ""]
        elif self.counters:
            self.lines.append(f"{'  ' * (len(self.counters) - 1)}{self._sign()}{words}")
        else:
            self.lines += [f"{'> ' * bool(self.quoted)}{words}", ""]

    def mark(self, token: "Token") -> None:
        """Take note of where a list, a quotation or a row begins or ends."""
        match token.type:
            case "bullet_list_open":
                self.counters.append(None)
            case "ordered_list_open":
                self.counters.append(int(token.attrGet("start") or 1))
            case "bullet_list_close" | "ordered_list_close":
                self.counters.pop()
                self.lines.append("")
            case "blockquote_open" | "blockquote_close":
                self.quoted += token.nesting
            case "tr_close":
                self.lines.append(" | ".join(self.cells))
                self.cells = []
            case "table_close":
                self.lines.append("")
            case "hr":
                self.lines += [RULE, ""]
            case "fence" | "code_block":
                self.lines += [token.content.rstrip("\n"), ""]

    def _sign(self) -> str:
        number = self.counters[-1]
        if number is None:
            return "- "
        self.counters[-1] = number + 1
        return f"{number}. "


def written_out(tokens: "Sequence[Token]") -> str:
    """Return the text of parsed Markdown, its passages an empty line apart, its lists close together."""
    sheet = _Sheet()
    for place, token in enumerate(tokens):
        if token.type == "inline":
            sheet.passage(tokens[place - 1], "".join(_pieces(token.children or [])))
        else:
            sheet.mark(token)
    return "\n".join(sheet.lines).strip()


def _pieces(children: "Sequence[Token]") -> Iterator[str]:
    """Yield the words of a passage; the address of a link follows its words, in brackets."""
    breaks = {"hardbreak": "\n", "softbreak": " "}
    address, said = "", list[str]()
    for token in children:
        piece = breaks.get(token.type, token.content)
        if token.type == "link_open" and token.markup == "linkify":
            continue  # the address stands there by itself
        if token.type == "link_open":
            address, said = str(token.attrGet("href") or "").replace("%7B", "{").replace("%7D", "}"), []
        elif token.type == "link_close" and address:
            words = "".join(said)
            yield words if words in {address, address.removeprefix("mailto:")} else f"{words} ({address})"
            address = ""
        elif address:
            said.append(piece)
        else:
            yield piece
