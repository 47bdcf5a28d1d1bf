"""The ways into a subscription, one for each family of calendars."""

from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote, urlencode

from s3chem_events.calendar.entries import Entry
from s3chem_events.core.values import frozen


@frozen
class Links:
    """Addresses that subscribe to one feed.

    `outlook` takes accounts of work and school, `outlook_home` those of outlook.com; both are given https, because the
    new Outlook drops the scheme of webcal. `plain` is for the copy field, and for every other client.
    """

    plain: str
    webcal: str
    google: str
    outlook: str
    outlook_home: str


def subscription(url: str, *, name: str) -> Links:
    """Return the links to the feed at an absolute http(s) address."""
    webcal = "webcal://" + url.partition("://")[2]
    outlook = "calendar/0/addfromweb?" + urlencode({"url": url, "name": name}, quote_via=quote)
    return Links(
        plain=url,
        webcal=webcal,
        google="https://calendar.google.com/calendar/render?" + urlencode({"cid": webcal}),
        outlook=f"https://outlook.office.com/{outlook}",
        outlook_home=f"https://outlook.live.com/{outlook}",
    )


@frozen
class EventLinks:
    """Addresses that put one entry into a web calendar; a copy that does not follow later changes."""

    google: str
    outlook: str


def event(entry: Entry) -> EventLinks:
    """Return the links that add one entry."""
    timed = isinstance(entry.starts, datetime) and isinstance(entry.ends, datetime)
    starts, ends = entry.starts, entry.ends if timed else entry.ends + timedelta(days=1)
    basic = [_basic(moment) for moment in (starts, ends)]
    details = entry.description or entry.url
    google = {
        "action": "TEMPLATE",
        "text": entry.summary,
        "dates": "/".join(basic),
        "details": details,
        "location": entry.location,
    }
    outlook = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": entry.summary,
        "startdt": starts.isoformat(),
        "enddt": ends.isoformat(),
        "allday": "false" if timed else "true",
        "body": details,
        "location": entry.location,
    }
    return EventLinks(
        google="https://calendar.google.com/calendar/render?" + urlencode(google, quote_via=quote),
        outlook="https://outlook.office.com/calendar/0/deeplink/compose?" + urlencode(outlook, quote_via=quote),
    )


def _basic(value: date) -> str:
    return value.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ") if isinstance(value, datetime) else value.strftime("%Y%m%d")
