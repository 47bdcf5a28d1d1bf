"""What is still wanted of somebody who comes, as her own page and the page below it say it."""

from collections.abc import Sequence
from dataclasses import replace

from s3chem_events.core import i18n
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.values import frozen
from s3chem_events.registration import asking, changing, completeness, details, history
from s3chem_events.registration.models import Registration
from s3chem_events.registration.questions import Asked, When
from s3chem_events.site import opened

STEPS = {"details": When.AFTERWARDS, "letter": When.LETTER}
"""The pages below the own one, by what they ask."""


@frozen
class Wanted:
    """One thing that is wanted later: what it is, how it stands, and where it is told; "" for the organisers alone."""

    title: str
    sentence: str
    url: str
    label: str
    is_missing: bool


def wanted(registration: Registration, lang: str, own_url: str) -> list[Wanted]:
    """Return what is wanted later of somebody; nothing at most events."""
    if registration.withdrawn_at is not None:
        return []
    everything = asking.asked_at(registration.event_id, when=None)
    found = [_of_the_form(registration, everything, own_url)]
    if any(question.when is not When.REGISTERING for question in everything):
        found += [_of_the_gate(registration, lang, own_url), _of_the_letter(registration, own_url)]
    return [one for one in found if one is not None]


def titles() -> dict[When, str]:
    """Return the headings of the pages."""
    return {When.AFTERWARDS: _("Details for the entrance"), When.LETTER: _("Letter of invitation")}


def may_ask_more(registration: Registration, when: When) -> bool:
    """Whether the page of a step may ask more of whoever enters a code; the same whatever was answered."""
    if opened.shown_at(registration, when) is None:
        return False
    everything = asking.asked_at(registration.event_id, when=None)
    told = history.told_as(everything, within=when)
    hidden = [replace(one, only_if="") for one in everything if one.when is when and told[one.key] is not one]
    return bool(details.asked_of(registration, hidden, before={}))


def until(registration: Registration, lang: str) -> str:
    """Return until when the gate takes its data, in words; nothing where it takes none."""
    terms = details.terms(registration.event)
    return i18n.stamp(terms.until, registration.event.zone, lang) if terms.until is not None else ""


def _of_the_form(registration: Registration, everything: Sequence[Asked], own_url: str) -> Wanted | None:
    """Return what the form asks and somebody never answered: others registered her, or a part was added later."""
    is_asked = any(question.required and question.when is When.REGISTERING for question in everything)
    if not is_asked or not changing.may_change(registration) or not completeness.still_open_of(registration):
        return None
    sentence = _("The organisers still need answers from you.")
    return Wanted(
        _("Details are missing"), sentence, f"{own_url}/change#questions", _("Give the details"), is_missing=True
    )


def _of_the_gate(registration: Registration, lang: str, own_url: str) -> Wanted | None:
    at = opened.shown_at(registration, When.AFTERWARDS)
    terms, given = details.terms(registration.event), details.given_by(registration.id, shown_at=at)
    asked = details.asked_of(registration, terms.asked, before=given)
    if not asked and terms.are_open and may_ask_more(registration, When.AFTERWARDS):
        title, sentence = titles()[When.AFTERWARDS], _("The entrance may need details from you.")
        return Wanted(title, sentence, f"{own_url}/details", _("Give the details"), is_missing=False)
    if not asked or terms.until is None:
        return None
    moment, is_complete = i18n.stamp(terms.until, registration.event.zone, lang), details.is_complete(asked, given)
    if not terms.are_open and not is_complete:
        if not details.asked_of(registration, asked, before=given, only=details.unheard(registration, terms)):
            return None
        sentence = _(
            "The entrance still needs details from you. They could be given here until %(moment)s; "
            "now please write to the organisers, or call them.",
            moment=moment,
        )
        return Wanted(titles()[When.AFTERWARDS], sentence, "", "", is_missing=True)
    sentence = (
        _("We have what the entrance needs from you.")
        if is_complete
        else _("The entrance still needs details from you, until %(moment)s.", moment=moment)
    )
    label = _("See or delete") if is_complete else _("Give the details")
    return Wanted(titles()[When.AFTERWARDS], sentence, f"{own_url}/details", label, not is_complete)


def _of_the_letter(registration: Registration, own_url: str) -> Wanted | None:
    title, url = titles()[When.LETTER], f"{own_url}/letter"
    given = details.given_by(registration.id, shown_at=opened.shown_at(registration, When.LETTER))
    asked = details.asked_of(registration, asking.asked_at(registration.event_id, when=When.LETTER), before=given)
    if asked:
        is_complete = details.is_complete(asked, given)
        sentence = (
            _("We have what your letter needs; the organisers write it.")
            if is_complete
            else _("For your letter of invitation we need what stands in your passport.")
        )
        return Wanted(
            title, sentence, url, _("See or delete") if is_complete else _("Give the details"), not is_complete
        )
    if not details.may_ask_for_letter(registration):
        return None
    return Wanted(title, _("Do you need one for a visa?"), url, _("Ask for a letter"), is_missing=False)
