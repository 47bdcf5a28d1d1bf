"""Whether a domain lets an address send its e-mails (SPF, RFC 7208): its record is walked as a receiver walks it.

Macros, `exists` and `ptr` speak of the single e-mail; they are passed over, and named where the answer hangs on them.
"""

import re
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Protocol

MOST_QUESTIONS = 10
"""Terms of one walk that ask the name service; with more the record counts as broken (4.6.4)."""
TERM = re.compile(r"([+?~-]?)(all|include|a|mx|ip4|ip6|exists|ptr)(?::([^/]+))?(?:/(\d{1,3}))?(?://(\d{1,3}))?")
MODIFIER = re.compile(r"([a-z][\w.-]*)=(.*)")
DEPENDS = frozenset({"exists", "ptr"})


class BrokenError(Exception):
    """Receivers heed the record no more than none; the text says why."""


class Names(Protocol):
    """Answers of the name service."""

    def texts(self, name: str, beginning: str) -> list[str]: ...
    def exchangers(self, name: str) -> list[str]: ...
    def addresses(self, name: str) -> list[str]: ...


@dataclass(slots=True)
class Walk:
    """One address on its way through the record of a domain and what this includes."""

    names: Names
    address: str
    asked: int = 0
    passed_over: list[str] = field(default_factory=list)
    """The terms that could not be judged here."""

    def lets_send(self, domain: str) -> bool:
        """Whether the address may send for the domain.

        Raises:
            BrokenError.

        """
        return self._answer(domain) == "+"

    def _answer(self, domain: str) -> str:
        """Return the sign of the first term that is about the address."""
        terms = self._record(domain).lower().split()[1:]
        modifiers = {found[1]: found[2] for found in map(MODIFIER.fullmatch, terms) if found}
        for found in [_mechanism(term) for term in terms if not MODIFIER.fullmatch(term)]:
            term, sign, kind, value = found[0], found[1], found[2], found[3] or ""
            if kind in DEPENDS or "%" in value:
                self.passed_over.append(term)
            elif self._is_about(kind, value, domain, (found[4], found[5])):
                return sign or "+"
        if "redirect" not in modifiers:
            return "?"
        self._ask()
        return self._answer(modifiers["redirect"])

    def _is_about(self, kind: str, value: str, domain: str, lengths: tuple[str | None, str | None]) -> bool:
        if kind == "all":
            return True
        if kind in {"ip4", "ip6"}:
            return self._within([value], (lengths[0], lengths[0]))
        self._ask()
        if kind == "include":
            return self._answer(value) == "+"
        hosts = self.names.exchangers(value or domain)[:MOST_QUESTIONS] if kind == "mx" else [value or domain]
        return any(self._within(self.names.addresses(host), lengths) for host in hosts if host != ".")

    def _within(self, addresses: list[str], lengths: tuple[str | None, str | None]) -> bool:
        ours = ip_address(self.address)
        for one in addresses:
            length = lengths[0] if ":" not in one else lengths[1]
            try:
                network = ip_network(f"{one}/{length}" if length else one, strict=False)
            except ValueError as error:
                raise BrokenError(f"“{one}” is no address") from error
            if ours in network:
                return True
        return False

    def _record(self, domain: str) -> str:
        found = self.names.texts(domain, "v=spf1")
        if len(found) != 1:
            raise BrokenError(f"{domain}, which it names, has {len(found) or 'no'} SPF record{'s' * bool(found)}")
        return found[0]

    def _ask(self) -> None:
        self.asked += 1
        if self.asked > MOST_QUESTIONS:
            raise BrokenError(f"it asks the name service more than {MOST_QUESTIONS} times")


def _mechanism(term: str) -> re.Match[str]:
    """Read a term; one that is wrong breaks its whole record, wherever it stands (4.6)."""
    found = TERM.fullmatch(term)
    if found is None:
        raise BrokenError(f"“{term}” is no term of SPF")
    return found
