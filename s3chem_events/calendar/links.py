"""The ways into a subscription, one for each family of calendars."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode


@dataclass(frozen=True, slots=True)
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
