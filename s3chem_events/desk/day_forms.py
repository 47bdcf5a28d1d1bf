"""What the editor and the steps of an event's life ask of a part alike: its days and hours, and its place."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import (
    BooleanField,
    DateField,
    Field,
    Form,
    HiddenField,
    IntegerField,
    SelectChoice,
    SelectField,
    TimeField,
)
from wtforms.validators import Optional, Regexp

from s3chem_events.core import i18n
from s3chem_events.core.errors import Invalid
from s3chem_events.desk.fields import (
    HOURS,
    Needed,
    clean,
    clock_words,
    countries,
    line,
    places,
    say,
    sensible,
    together,
)
from s3chem_events.publishing import facts, times
from s3chem_events.publishing.facts import EventFacts, PartFacts, VenueFacts
from s3chem_events.publishing.lifecycle import Mode


def _countries() -> list[SelectChoice]:
    return countries(i18n.language())


class VenueForm(Form):
    """A place, as far as it is known."""

    name = line(_("Name of the venue"), longest=300)
    address = line(_("Street and number"))
    city = line(_("Town"), longest=120)
    country = SelectField(_("Country"), choices=_countries)

    def facts(self) -> VenueFacts | None:
        """Return the place; None where nothing is known of it."""
        found = VenueFacts(self.name.data, self.address.data, self.city.data, self.country.data or "")
        return None if found == VenueFacts() else found


class DaysForm(Form):
    """The days and hours of one part."""

    key = HiddenField(filters=[clean])
    starts_on = DateField(_("First day"), [Needed(), sensible])
    starts_time = TimeField(_("Starts at"), [Optional()], format=HOURS)
    ends_on = DateField(_("Last day"), [Needed(), sensible])
    ends_time = TimeField(_("Ends at"), [Optional()], format=HOURS)

    def validate(self, extra_validators: Any = None) -> bool:
        """Hold the days and hours together."""
        good: bool = super().validate(extra_validators)
        if bool(self.starts_time.data) != bool(self.ends_time.data):
            missing = self.ends_time if self.starts_time.data else self.starts_time
            say(missing, gettext("Enter both times, or neither if they are not known yet."))
        elif self.starts_on.data and self.ends_on.data and self._backwards():
            say(self.ends_on, gettext("It ends before it starts."))
        return good and not any(field.errors for field in self)

    def _backwards(self) -> bool:
        if self.starts_time.data and self.ends_time.data:
            return bool(self.ends() <= self.starts())
        return bool(self.ends_on.data < self.starts_on.data)

    def starts(self) -> date:
        """Return the local beginning; without hours the first day."""
        return together(self.starts_on.data, self.starts_time.data)

    def ends(self) -> date:
        """Return the local end; without hours the last day."""
        return together(self.ends_on.data, self.ends_time.data)

    def check_clock(self, zone: str) -> None:
        """Explain at the field an hour that the clocks of the zone skip, or show twice."""
        if self.starts_time.data and self.ends_time.data and self.starts_on.data and self.ends_on.data:
            check_clock(self.starts_time, self.starts(), zone)
            check_clock(self.ends_time, self.ends(), zone)


class ModesForm(Form):
    """The ways to take part in one part."""

    key = HiddenField(filters=[clean])
    on_site = BooleanField(_("On site"))
    on_site_places = IntegerField(_("Places on site"), [Optional(), places])
    online = BooleanField(_("Online"))
    online_places = IntegerField(_("Places online"), [Optional(), places])
    online_url = line(
        _("Link for online participants"),
        Optional(),
        Regexp(r"https?://\S+", message=_("Please enter an address that starts with https://.")),
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """Hold the ways together."""
        good: bool = super().validate(extra_validators)
        if not self.on_site.data and not self.online.data:
            say(self.on_site, gettext("Choose at least one: on site or online."))
        return good and not any(field.errors for field in self)

    def capacity(self) -> dict[Mode, int | None]:
        """Return the ways that are offered, each with its places."""
        offered = {
            Mode.ON_SITE: (self.on_site.data, self.on_site_places.data),
            Mode.ONLINE: (self.online.data, self.online_places.data),
        }
        return {mode: places for mode, (there, places) in offered.items() if there}


def check_clock(field: Field, local: date | None, zone: str) -> None:
    """Explain at a field an hour that is missing on its day, or double."""
    if isinstance(local, datetime) and zone and not field.errors:
        try:
            times.moment(local, zone)
        except (times.HourSkipped, times.HourTwice) as refusal:
            say(field, clock_words(refusal.code, local, zone))
        except times.NoSuchZone:
            return  # said at the zone's own field


def check_closing(field: Field, event: EventFacts) -> None:
    """Explain at the field of the closing an hour after the end of what it closes."""
    try:
        facts.check_closing(event)
    except Invalid:
        say(field, too_late(facts.ends_at(event), event.zone))


def too_late(end: datetime, zone: str) -> str:
    """Return in words that an hour is after the end of an event."""
    moment = i18n.stamp(end, zone, i18n.language())
    return str(gettext("Enter an hour no later than the end of the event, %(moment)s.", moment=moment))


def days(part: PartFacts) -> dict[str, Any]:
    """Return what the fields of the days show of a part."""
    starts, ends = part.starts, part.ends
    return {
        "key": part.key,
        "starts_on": starts,
        "starts_time": starts.time() if isinstance(starts, datetime) else None,
        "ends_on": ends,
        "ends_time": ends.time() if isinstance(ends, datetime) else None,
    }


def modes(part: PartFacts) -> dict[str, Any]:
    """Return what the fields of the ways to take part show of a part."""
    return {
        "key": part.key,
        "on_site": Mode.ON_SITE in part.capacity,
        "on_site_places": part.capacity.get(Mode.ON_SITE),
        "online": Mode.ONLINE in part.capacity,
        "online_places": part.capacity.get(Mode.ONLINE),
        "online_url": part.online_url,
    }


def venue(facts: VenueFacts | None) -> dict[str, str]:
    """Return what the fields of a place show."""
    return asdict(facts) if facts else {}
