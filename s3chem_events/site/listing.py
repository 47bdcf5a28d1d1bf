"""Which events somebody asks for, by kind and region; and how a list of them is cut into years."""

from collections.abc import Sequence
from urllib.parse import urlencode

from flask import abort, request

from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.values import frozen
from s3chem_events.publishing import words
from s3chem_events.publishing.lifecycle import Kind, State
from s3chem_events.publishing.models import Event
from s3chem_events.registration.choices import REGIONS, regions
from s3chem_events.site.kept import keep_as
from s3chem_events.site.views import EventView

LONG = 5
"""From so many events on a list can be narrowed."""


@frozen
class Wanted:
    """What is asked for; nothing named is everything."""

    kinds: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()

    def takes(self, event: Event) -> bool:
        """Whether an event is asked for."""
        return (not self.kinds or event.kind in self.kinds) and (not self.regions or event.region in self.regions)

    def query(self, **more: str) -> str:
        """Write the question as a feed is asked for it: `kind=workshop&region=Limburg&lang=de`."""
        pairs = [("kind", kind) for kind in self.kinds] + [("region", region) for region in self.regions]
        return urlencode([*pairs, *more.items()])

    @property
    def single(self) -> bool:
        """Whether it is one of the few questions that our own pages ask."""
        return len(self.kinds) <= 1 and len(self.regions) <= 1


@frozen
class Choices:
    """What a list can be narrowed to, as (value, label), and what was chosen."""

    kinds: list[tuple[str, str]]
    regions: list[tuple[str, str]]
    kind: str
    region: str


def asked(listed: Sequence[Event]) -> Wanted:
    """Read `?kind=` and `?region=`, each as often as wanted, out of the running request.

    What is not known is refused (400): a subscription that silently holds all events, or none, would stay wrong.
    """
    wanted = Wanted(_values("kind"), _values("region"))
    known = {*REGIONS, *(event.region for event in listed)}
    if not set(wanted.kinds) <= set(Kind) or not set(wanted.regions) <= known:
        abort(400)
    return wanted


def choices(listed: Sequence[Event], wanted: Wanted, lang: str) -> Choices | None:
    """Return the ways to narrow a list, as far as they differ; None for a short one."""
    if len(listed) < LONG and not (wanted.kinds or wanted.regions):
        return None
    named = regions(lang)
    kinds = [(kind.value, label) for kind, label in words.kinds(lang).items() if any(e.kind is kind for e in listed)]
    places = {event.region: named.get(event.region, event.region) for event in listed if event.region}
    # As the form sends it, both fields in this order: such pages are kept, too.
    kind, region = (values[0] if len(values) == 1 else "" for values in (wanted.kinds, wanted.regions))
    if wanted.single:
        keep_as(urlencode({"kind": kind, "region": region}))
    return Choices(kinds, sorted(places.items(), key=lambda pair: pair[1]), kind, region)


def title(wanted: Wanted, lang: str) -> str:
    """Name what is asked for, to tell one subscription from another; nothing for everything."""
    kinds = [str(label) for kind, label in words.kinds(lang).items() if kind in wanted.kinds]
    named = regions(lang)
    return ", ".join([*kinds, *(named.get(region, region) for region in wanted.regions)])


def by_year(
    found: Sequence[tuple[Event, EventView]], *, latest_first: bool = False
) -> list[tuple[str, list[EventView]]]:
    """Cut a list into years; what begins in one and ends in another stands in both, what was postponed in none."""
    years: dict[int, list[EventView]] = {}
    waiting = [view for event, view in found if event.state is State.POSTPONED]
    for event, view in found:
        if event.state is State.POSTPONED:
            continue
        days = [(part.starts_on.year, part.ends_on.year) for part in event.live_parts]
        for year in sorted({year for first, last in days for year in range(first, last + 1)}):
            years.setdefault(year, []).append(view)
    cut = [(str(year), years[year]) for year in sorted(years, reverse=latest_first)]
    return [*cut, (_("Postponed"), waiting)] if waiting else cut


def _values(name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in request.args.getlist(name) if value))
