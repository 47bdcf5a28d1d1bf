"""Guests put on the list: one by hand, a code for a partner, or many out of a file, looked at before they are added."""

import csv
import io
from collections.abc import Sequence

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf.file import FileField
from wtforms import EmailField, IntegerField, SelectField, SelectMultipleField, TextAreaField
from wtforms.validators import NumberRange, Optional
from wtforms.widgets import CheckboxInput

from s3chem_events.core import i18n, tables
from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Invalid, Refused
from s3chem_events.core.forms import Form
from s3chem_events.core.guard import filing
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.tables import Row
from s3chem_events.core.text import DEFAULT
from s3chem_events.desk import guest_words
from s3chem_events.desk.events import header, the_event
from s3chem_events.desk.fields import clean, faulty, languages, line, options, say
from s3chem_events.desk.frame import allowed, by, desk
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.models import Event
from s3chem_events.registration import importing, inviting, names
from s3chem_events.registration.importing import Judged, Verdict
from s3chem_events.registration.invitation import MOST_USES
from s3chem_events.registration.inviting import Guest


class PartsForm(Form):
    """What both ways ask: to which closed parts, and in which language."""

    parts = SelectMultipleField(_l("Invited to"), option_widget=CheckboxInput())
    language = SelectField(_l("Language"), choices=languages, default=DEFAULT)

    def for_event(self, event: Event) -> None:
        """Offer the closed parts of an event; a single one is chosen already."""
        closed, language = inviting.closed_parts(event), i18n.language()
        self.parts.choices = options({part.key: part.title.within(language) for part in closed})
        if not self.is_submitted() and len(closed) == 1:
            self.parts.data = [closed[0].key]

    def check_parts(self) -> None:
        """A part there must be."""
        if not self.parts.data and not self.parts.errors:
            say(self.parts, _("Choose at least one closed part that takes place."))


class GuestForm(PartsForm):
    """One guest, or a code for a partner who hands it on."""

    given_name = line(_l("Given name"), longest=names.LONGEST_NAME)
    family_name = line(_l("Family name"), longest=names.LONGEST_NAME)
    email = EmailField(_l("E-mail"), filters=[clean])
    organisation = line(_l("Organisation"), longest=names.LONGEST_ORGANISATION)
    uses = IntegerField(_l("How many can use it"), [Optional(), NumberRange(1, MOST_USES)], default=1)

    def check(self) -> bool:
        """Validate; somebody there must be, and what many use goes to no single address."""
        good: bool = self.validate()
        self.check_parts()
        if self.email.data:
            try:
                self.email.data = names.address(self.email.data)
            except Invalid:
                say(self.email, _("Enter one e-mail address, such as name@organisation.example."))
            if (self.uses.data or 1) > 1:
                say(self.uses, _("A code for several people is handed on by you: leave the e-mail address empty."))
        elif not (self.family_name.data or self.given_name.data or self.organisation.data):
            say(self.organisation, _("Say for whom this is: an e-mail address, a name or an organisation."))
        return good and not faulty(self)

    def guest(self) -> Guest:
        """Return who is to be invited."""
        typed = {name: self[name].data or "" for name in ("given_name", "family_name", "organisation", "email")}
        return Guest(**typed, language=self.language.data, uses=self.uses.data or 1)


class ImportForm(PartsForm):
    """Many guests out of a file, or pasted; `rows` carries what was read from the preview to the press."""

    file = FileField(_l("File (XLSX or CSV)"))
    pasted = TextAreaField(_l("Or paste the rows here"))
    rows = TextAreaField()

    def read(self) -> list[Row]:
        """Return the rows that were brought.

        Raises:
            tables.Unreadable.

        """
        if self.rows.data:
            return tables.rows_of_text(self.rows.data, divider="\t")
        if self.file.data:
            return tables.rows_of(self.file.data.read())
        return tables.rows_of_text(self.pasted.data or "")


@desk.route("/events/<slug>/invitations/new", methods=["GET", "POST"])
@allowed("invitations.edit")
def new_invitation(slug: str) -> ResponseReturnValue:
    """Put one guest on the list, or make a code; nobody is written to yet."""
    form = GuestForm()
    form.for_event(the_event(slug))
    status = 422 if form.is_submitted() else 200
    if form.is_submitted() and form.check():
        try:
            (number,) = _added(slug, [form.guest()], form.parts.data)
        except Refused as refusal:
            status = refusal.status
            say(form.email if form.email.data else form.parts, guest_words.refused(refusal))
        else:
            flash(_("On the list."), "good")
            return redirect(url_for("desk.invitation", slug=slug, invitation_id=number), 303)
    page = render_template("desk/invitations/new.html", **header(the_event(slug)), form=form, faulty=faulty(form))
    return page, status


@desk.route("/events/<slug>/invitations/import", methods=["GET", "POST"])
@allowed("invitations.edit")
@filing
def import_invitations(slug: str) -> ResponseReturnValue:
    """Ask for a table (GET), show what would become of each row, and add the new ones at a second press (POST)."""
    form = ImportForm()
    form.for_event(the_event(slug))
    if not form.is_submitted():
        return _asked(slug, form, 200)
    form.validate()
    form.check_parts()
    try:
        rows = form.read()
        if not rows:
            say(form.file, _("Choose a file, or paste some rows."))
        if faulty(form):
            return _asked(slug, form, 422)
        if form.rows.data and request.form.get("do") == "add":
            return _add(slug, form, rows)
        found = importing.judged(the_event(slug), rows, parts=form.parts.data, language=form.language.data)
    except tables.Unreadable as refusal:
        say(form.pasted if form.pasted.data and not form.file.data else form.file, guest_words.refused(refusal))
        return _asked(slug, form, refusal.status)
    return _preview(slug, form, rows, found)


def _add(slug: str, form: ImportForm, rows: Sequence[Row]) -> ResponseReturnValue:
    """Judge once more under the lock, and add who is new still."""
    parts = form.parts.data
    with transaction():
        event = publishing.event_by_slug(slug, lock=True)
        found = importing.judged(event, rows, parts=parts, language=form.language.data) if event else []
        guests = [one.guest for one in found if one.verdict in importing.ADDED]
        if event is not None and guests:
            inviting.invite(event, guests, parts=parts, by=by())
    said = ngettext(
        "%(num)s person added to the list; nobody has been written to yet.",
        "%(num)s people added to the list; nobody has been written to yet.",
        len(guests),
    )
    flash(said, "good")
    return redirect(url_for("desk.invitations", slug=slug), 303)


def _added(slug: str, guests: Sequence[Guest], parts: Sequence[str]) -> list[int]:
    with transaction():
        event = publishing.event_by_slug(slug, lock=True)
        made = inviting.invite(event, guests, parts=parts, by=by()) if event else []
        return [one.id for one in made]


def _asked(slug: str, form: ImportForm, status: int) -> ResponseReturnValue:
    page = render_template("desk/invitations/import.html", **header(the_event(slug)), form=form, faulty=faulty(form))
    return page, status


def _preview(slug: str, form: ImportForm, rows: Sequence[Row], found: Sequence[Judged]) -> str:
    counts = {verdict: sum(one.verdict is verdict for one in found) for verdict in Verdict}
    event = the_event(slug)
    titles = {part.key: part.title.within(i18n.language()) for part in event.parts}
    return render_template(
        "desk/invitations/preview.html",
        **header(event),
        form=form,
        found=found,
        counts=[(verdict, number) for verdict, number in counts.items() if number],
        new=sum(counts[verdict] for verdict in importing.ADDED),
        verdicts=guest_words.verdicts(),
        chosen=", ".join(titles[key] for key in form.parts.data),
        written=_written(rows),
    )


def _written(rows: Sequence[Row]) -> str:
    """Write rows as they are carried on, each in its line, so that their numbers stay."""
    kept = io.StringIO()
    write, last = csv.writer(kept, delimiter="\t", lineterminator="\n"), 0
    for row in rows:
        kept.write("\n" * (row.number - last - 1))
        write.writerow([" ".join(cell.split()) for cell in row.cells])
        last = row.number
    return kept.getvalue()
