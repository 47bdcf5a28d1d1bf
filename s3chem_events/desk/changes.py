"""What a revision changed, in words: its entries are pieces of the event's file (publishing.files)."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from flask_babel import ngettext

from s3chem_events.core import i18n
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.text import Text
from s3chem_events.desk import words
from s3chem_events.publishing.lifecycle import Kind, Mode, State, Visibility, WaitingList
from s3chem_events.registration import choices

Line = tuple[str, str, str]
"""What it is, what it was and what it became; both empty where it is named only."""
TEXTS = frozenset({"title", "summary", "description", "report", "note", "reason"})
LONGEST = 200
USUAL = {"approval": False, "reminders": True, "waiting_list": WaitingList.OFFER}
"""What an event's file leaves out."""


def lines(changes: Mapping[str, Any]) -> list[Line]:
    """Return what a revision changed."""
    found: list[Line] = []
    for key, values in changes.items():
        if isinstance(values, list):
            found += _lines(key, *values)
        else:
            found.append((_name(key), "", ""))
    return found


def said(path: tuple[str, ...], value: Any) -> str:
    """Write one value of the file; nothing where it is too long or too deep for a line."""
    writers: dict[str, Any] = {
        "state": lambda: words.states()[State(value)],
        "kind": lambda: words.kinds()[Kind(value)],
        "visibility": lambda: words.visibilities()[Visibility(value)],
        "waiting_list": lambda: words.waiting_lists()[WaitingList(value)],
        "region": lambda: choices.regions(i18n.language()).get(value, value),
        "country": lambda: i18n.country_name(value, i18n.language()),
        **dict.fromkeys(("opens", "closes", "starts", "ends"), lambda: _moment(value)),
    }
    value = USUAL.get(path[-1]) if value is None and path[-1] in USUAL else value
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if path[-1] in set(Mode):
        return _("no limit") if value is None else str(value)
    if value in (None, "", {}, []):
        return _("none")
    if path[-1] in writers:
        return str(writers[path[-1]]())
    return value if isinstance(value, str) and len(value) <= LONGEST else ""


def _lines(key: str, before: Any, after: Any) -> Iterator[Line]:
    if key in TEXTS:
        yield from _text(_name(key), before or {}, after or {})
    elif key == "venue":
        yield (_name(key), _place(before), _place(after))
    elif key == "registration":
        labels = {"opens": _("Registration opens"), "closes": _("Registration closes")}
        yield from _each(labels, before or {}, after or {})
    elif key == "parts":
        yield from _parts(before or [], after or [])
    elif key == "materials":
        yield (_name(key), *_told_apart(_titles(before), _titles(after)))
    elif key == "programme":
        yield (_name(key), *_told_apart(_count(before), _count(after)))
    else:
        yield (_name(key), said((key,), before), said((key,), after))


def _parts(before: list[Any], after: list[Any]) -> Iterator[Line]:
    old, new = ({part["key"]: part for part in parts} for parts in (before, after))
    for key, part in new.items():
        if key in old:
            name = _("Part “%(title)s”", title=_title(part))
            yield from _part(name, old[key], part)
            if ("cancelled" in part) != ("cancelled" in old[key]):
                is_off = "cancelled" in part
                yield (
                    name,
                    "",
                    _("This part has been cancelled.") if is_off else _("This part takes place after all."),
                )
        else:
            yield (_("Part “%(title)s” added", title=_title(part)), "", "")
    for key in old.keys() - new.keys():
        yield (_("Part “%(title)s” removed", title=_title(old[key])), "", "")
    if [key for key in old if key in new] != [key for key in new if key in old]:
        yield (_("Order of the parts"), "", "")


def _part(name: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Line]:
    def line(what: str, *values: str) -> Line:
        return (_("%(part)s, %(what)s", part=name, what=what), *_told_apart(*values))

    for text, label in (("title", _("title")), ("summary", _("summary"))):
        yield from (line(*found) for found in _text(label, before.get(text, {}), after.get(text, {})))
    writers: tuple[tuple[str, Any], ...] = (
        (_("days"), _days),
        (_("hours"), _hours),
        (_("who can attend"), lambda part: said(("visibility",), part.get("visibility"))),
        (_("approval of registrations"), lambda part: said(("approval",), part.get("approval"))),
    )
    for label, write in writers:
        if write(before) != write(after):
            yield line(label, write(before), write(after))
    if before.get("online_url") != after.get("online_url"):
        yield line(_("link for online participants"), "", "")  # this history is read by roles that must not join
    for label, mode in ((_("places on site"), Mode.ON_SITE), (_("places online"), Mode.ONLINE)):
        if _places(before, mode) != _places(after, mode):
            yield line(label, _places(before, mode), _places(after, mode))
    if before.get("venue") != after.get("venue"):
        closed = Visibility.INVITED in {before.get("visibility"), after.get("visibility")}
        yield line(_("place"), *(("" if closed else _place(part.get("venue"))) for part in (before, after)))


def _each(labels: Mapping[str, str], before: dict[str, Any], after: dict[str, Any]) -> Iterator[Line]:
    for key, label in labels.items():
        if before.get(key) != after.get(key):
            yield (label, said((key,), before.get(key)), said((key,), after.get(key)))


def _text(name: str, before: dict[str, str], after: dict[str, str]) -> Iterator[Line]:
    """A text language by language; where one is long, it is named only."""
    for code in dict.fromkeys([*before, *after]):
        was, is_now = before.get(code, ""), after.get(code, "")
        if was != is_now:
            label = _("%(what)s (%(language)s)", what=name, language=i18n.language_name(code, i18n.language()))
            short = max(len(was), len(is_now)) <= LONGEST
            yield (label, was or _("none"), is_now or _("none")) if short else (label, "", "")


def _told_apart(before: str, after: str) -> tuple[str, str]:
    return ("", "") if before == after else (before, after)


def _name(key: str) -> str:
    return words.event_fields().get(key, key)


def _title(part: dict[str, Any]) -> str:
    return Text(part["title"]).within(i18n.language())


def _titles(items: list[Any] | None) -> str:
    return ", ".join(_title(item) for item in items or []) or _("none")


def _count(items: list[Any] | None) -> str:
    number = len(items or [])
    return str(ngettext("%(num)s programme item", "%(num)s programme items", number)) if number else _("none")


def _places(part: dict[str, Any], mode: Mode) -> str:
    capacity = part.get("capacity", {})
    return said((mode,), capacity[mode]) if mode in capacity else _("not offered")


def _place(venue: dict[str, str] | None) -> str:
    venue = venue or {}
    country = i18n.country_name(venue["country"], i18n.language()) if "country" in venue else ""
    known = (venue.get("name"), venue.get("address"), venue.get("city"), country)
    return ", ".join(word for word in known if word) or _("none")


def _days(part: dict[str, Any]) -> str:
    first, last = (date.fromisoformat(part[end][:10]) for end in ("starts", "ends"))
    return i18n.short_range(first, last, i18n.language())


def _hours(part: dict[str, Any]) -> str:
    return f"{part['starts'][11:]}–{part['ends'][11:]}" if "T" in part["starts"] else _("none")


def _moment(value: str) -> str:
    """Write a local time, or a day."""
    local = datetime.fromisoformat(value).replace(tzinfo=UTC)  # it is shown as it stands, whatever the zone
    if "T" not in value:
        return i18n.short_range(local, local, i18n.language())
    return i18n.short_stamp(local, "UTC", i18n.language())
