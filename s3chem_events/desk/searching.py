"""What organisers search for: names and addresses, which must not stand in the address of a page.

Addresses reach the logs of proxies and the histories of browsers. A search is posted; the words stay in the session,
and the address names them by a number, so that paging, the files and the back button work without a script.
"""

import secrets

from flask import request, session

SEARCHES = "searches"
MOST = 5
NUMBER = "s"
"""The name under which an address carries the number of a search."""


def asked(words: str, *, name: str) -> dict[str, str]:
    """Return what an address says to ask for these words; those that are posted are remembered, the last few.

    Who writes them into an address, under their `name`, has them there again.
    """
    if not words:
        return {}
    kept = _kept()
    known = next((number for number, found in kept if found == words), None)
    if known is None and request.method == "POST":
        known = secrets.token_hex(4)
        session[SEARCHES] = [*kept, (known, words)][-MOST:]
    return {NUMBER: known} if known else {name: words}


def words() -> str:
    """Return the words that the address of this request asks for."""
    return dict(_kept()).get(request.args.get(NUMBER, ""), "")


def is_lost() -> bool:
    """Whether the address asks for words that are not remembered any more: it must not look like a search for all."""
    return bool(request.args.get(NUMBER)) and not words()


def _kept() -> list[tuple[str, str]]:
    return [(number, found) for number, found in session.get(SEARCHES, [])]
