"""Calendar programs of the tests' own: a guest's, which takes invitations, and one that subscribes to an address.

They hold entries by UID and know nothing of our code: what they show is what people see (RFC 5546, 7986).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from flask.testing import FlaskClient
from icalendar import Calendar, Component


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry as its owner sees it; hours in UTC, `where` the place or the room."""

    title: str
    starts: date
    ends: date
    status: str
    where: str = ""


class GuestCalendar:
    """The calendar of somebody who gets e-mails: REQUEST and PUBLISH put in or replace, CANCEL takes out.

    A message counts when its SEQUENCE is higher, or the same with a newer DTSTAMP (RFC 5546 2.1.5); an older one is
    ignored, also when it comes after the entry has been taken out.
    """

    def __init__(self) -> None:
        self.entries: dict[str, Component] = {}
        self.taken: list[tuple[str, str, int]] = []
        self._newest: dict[str, tuple[int, datetime]] = {}

    def take(self, raw: bytes | str) -> list[tuple[str, str]]:
        """Apply a message; returns what was done to which UID, nothing for what is out of date.

        `taken` remembers each with its SEQUENCE.
        """
        calendar = Calendar.from_ical(raw)
        method, done = str(calendar["METHOD"]), []
        for entry in calendar.walk("VEVENT"):
            uid, version = str(entry["UID"]), version_of(entry)
            if uid in self._newest and version <= self._newest[uid]:
                continue
            self._newest[uid] = version
            if method == "CANCEL":
                self.entries.pop(uid, None)
            else:
                self.entries[uid] = entry
            done.append((method, uid))
            self.taken.append((method, uid, version[0]))
        return done

    def shown(self) -> dict[str, Shown]:
        """Return what its owner sees, by UID."""
        return {uid: seen(entry) for uid, entry in self.entries.items()}


class Subscription:
    """A calendar that fetches an address and replaces all it has; it asks for nothing that has not changed."""

    def __init__(self, client: FlaskClient, path: str) -> None:
        self.client, self.path = client, path
        self.entries: dict[str, Component] = {}
        self._tag = ""

    def refresh(self) -> dict[str, Shown]:
        """Fetch, and return what its owner sees."""
        answer = self.client.get(self.path, headers={"If-None-Match": self._tag} if self._tag else {})
        if answer.status_code == 304:
            return self.shown()
        self._tag = answer.headers.get("ETag", "")
        entries = Calendar.from_ical(answer.data).walk("VEVENT")
        found = {str(entry["UID"]): entry for entry in entries}
        assert len(found) == len(entries), "one UID stands twice in the feed"
        self.hold(found)
        return self.shown()

    def hold(self, found: dict[str, Component]) -> None:
        """Forget what was there."""
        self.entries = found

    def shown(self) -> dict[str, Shown]:
        """Return what its owner sees, by UID."""
        return {uid: seen(entry) for uid, entry in self.entries.items()}


class CautiousSubscription(Subscription):
    """One that keeps an entry as it is until a newer version of it comes, as Google's does: a stale one would stay."""

    def hold(self, found: dict[str, Component]) -> None:
        """Take over what is newer, and forget what the address no longer holds."""
        kept = self.entries
        self.entries = {
            uid: kept[uid] if uid in kept and version_of(entry) <= version_of(kept[uid]) else entry
            for uid, entry in found.items()
        }


def version_of(entry: Component) -> tuple[int, datetime]:
    """Return what tells an older version of an entry from a newer."""
    stamp: Any = entry["DTSTAMP"].dt
    return int(entry.get("SEQUENCE", 0)), stamp


def seen(entry: Component) -> Shown:
    """Return an entry as a person reads it."""
    return Shown(
        title=" ".join(str(entry["SUMMARY"]).split()),
        starts=_in_utc(entry["DTSTART"].dt),
        ends=_in_utc(entry["DTEND"].dt),
        status=str(entry["STATUS"]),
        where=" ".join(str(entry.get("LOCATION", "")).split()),
    )


def _in_utc(value: Any) -> date:
    found: date = value.astimezone(UTC) if isinstance(value, datetime) else value
    return found
