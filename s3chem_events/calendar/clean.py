"""Values made safe for iCalendar: icalendar escapes, but lets control characters through, and one drops a feed."""

import re
from urllib.parse import quote

# C0 but TAB and LF, DEL, C1, lone surrogates: not one of them may stand in a content line (RFC 5545 3.1).
# A byte order mark within a text means nothing, and readers (icalendar for one) take it out of the middle of values.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
# What some parser or other takes for the end of a line.
_LINE_ENDS = re.compile("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")


def paragraphs(text: str) -> str:
    """Return a text of many lines without control characters, its lines ended by LF."""
    return _CONTROLS.sub("", _LINE_ENDS.sub("\n", text)).strip()


def one_line(text: str) -> str:
    """Return a text without control characters, on one line."""
    return _CONTROLS.sub("", _LINE_ENDS.sub(" ", text).replace("\t", " ")).strip()


def parameter(text: str) -> str:
    """Return a text for the value of a parameter, where some readers, icalendar too, take a backslash for an escape."""
    return one_line(text).replace("\\", "/")


def uri(address: str) -> str:
    """Return an address in the characters of RFC 3986; what stands there already, percent signs too, stays."""
    return quote("".join(_CONTROLS.sub("", address).split()), safe="%!#$&'()*+,/:;=?@[]~")


def mailto(address: str) -> str:
    """Return the URI of a mailbox, with what RFC 6068 wants encoded encoded, and `+` and `'` as they are."""
    return "mailto:" + quote("".join(_CONTROLS.sub("", address).split()), safe="@!$'()*+,:~")
