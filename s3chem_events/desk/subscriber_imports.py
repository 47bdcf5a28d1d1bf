"""A list of subscribers that an organiser brings: the file, a verdict for each row, the press, and the way back."""

from collections import Counter
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf.file import FileField, FileRequired
from wtforms import DateField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput

from s3chem_events import bulk
from s3chem_events.campaigns import importing, imports, topics
from s3chem_events.campaigns.imports import NoColumn, Usual, Verdict
from s3chem_events.campaigns.models import SubscriberImport
from s3chem_events.campaigns.subscriptions import ZONE
from s3chem_events.core import i18n, tables
from s3chem_events.core.clock import today
from s3chem_events.core.db import transaction
from s3chem_events.core.forms import Form
from s3chem_events.core.guard import filing
from s3chem_events.core.text import LANGUAGES
from s3chem_events.desk.fields import clean, say
from s3chem_events.desk.frame import allowed, by, desk

MOST_SHOWN = 500


class ImportForm(Form):
    """A file, and what holds for each of its rows that says nothing else."""

    file = FileField(_l("File (CSV or XLSX)"), validators=[FileRequired(_l("Choose a file."))])
    basis = StringField(_l("Basis"), filters=[clean], validators=[Length(max=500)])
    basis_on = DateField(_l("Date of the basis"), validators=[Optional()])
    language = SelectField(_l("Language"), choices=[SelectChoice(*each) for each in LANGUAGES.items()])
    topics = SelectMultipleField(
        _l("Topics"), option_widget=CheckboxInput(), validators=[InputRequired(_l("Choose at least one topic."))]
    )

    @classmethod
    def offered(cls) -> "ImportForm":
        """Make the form in the organiser's language."""
        form = cls()
        form.topics.choices = [SelectChoice(key, label) for key, label in topics.labels(i18n.language()).items()]
        if not form.is_submitted():
            form.topics.data, form.language.data = list(topics.USUAL), i18n.language()
        return form

    def validate(self, extra_validators: Any = None) -> bool:
        """Nobody can have agreed tomorrow; and a basis has a day."""
        good: bool = super().validate(extra_validators)
        if self.basis_on.data is not None and self.basis_on.data > today(ZONE):
            say(self.basis_on, _("This day is still to come."))
        if self.basis_on.data is None and self.basis.data and not self.basis_on.errors:
            say(self.basis_on, _("Say since when this basis has existed."))
        return good and not self.basis_on.errors

    def usual(self) -> Usual:
        """Return what holds for every row."""
        return Usual(self.language.data, topics.chosen(self.topics.data), self.basis.data, self.basis_on.data)


@desk.route("/newsletter/import", methods=["GET", "POST"])
@allowed("subscribers.edit")
@filing
def subscribers_import() -> ResponseReturnValue:
    """Take a file and judge its rows; nobody is subscribed by it yet."""
    form = ImportForm.offered()
    refusal = ""
    if form.validate_on_submit():
        try:
            rows = tables.rows_of(form.file.data.read())
            packed = imports.packed(importing.read(rows, form.usual()), imports.left_out(rows))
            with transaction():
                brought = importing.bring(packed, by=by())
        except (tables.Unreadable, NoColumn) as fault:
            refusal = _sentence(fault)
        else:
            return redirect(url_for("desk.subscribers_import_preview", import_id=brought.id), 303)
    page = render_template("desk/newsletter/import.html", section="newsletter", form=form, refusal=refusal)
    return page, 422 if refusal or form.errors else 200


@desk.route("/newsletter/import/<int:import_id>", methods=["GET", "POST"])
@allowed("subscribers.edit")
def subscribers_import_preview(import_id: int) -> ResponseReturnValue:
    """Show what would become of each row (GET); subscribe those that are new (POST)."""
    if request.method == "POST":
        return _make(import_id)
    brought = _found(import_id)
    if not brought.packed:
        return redirect(url_for("desk.subscribers"), 303)
    lines = importing.judge(imports.unpacked(brought.packed))
    counts = Counter(line.verdict for line in lines)
    order = list(Verdict)
    lines.sort(key=lambda line: (line.verdict is Verdict.NEW and not line.not_spoken, line.number))
    return render_template(
        "desk/newsletter/preview.html",
        section="newsletter",
        brought=brought,
        lines=lines[:MOST_SHOWN],
        total=len(lines),
        left_out=imports.left_out_of(brought.packed),
        counts={verdict: counts[verdict] for verdict in order if counts[verdict]},
        new=counts[Verdict.NEW],
        verdicts=verdicts(),
        languages=LANGUAGES,
        topics=topics.labels(i18n.language()),
    )


@desk.route("/newsletter/import/<int:import_id>/discard", methods=["POST"])
@allowed("subscribers.edit")
def subscribers_import_discard(import_id: int) -> ResponseReturnValue:
    """Erase a list that nobody wants any more."""
    with transaction():
        brought = importing.import_by_id(import_id, lock=True)
        if brought is not None:
            importing.discard(brought)
    flash(_("The list has been erased; nobody has been subscribed."), "good")
    return redirect(url_for("desk.subscribers"), 303)


@desk.route("/newsletter/import/<int:import_id>/undo", methods=["POST"])
@allowed("subscribers.edit")
def subscribers_import_undo(import_id: int) -> ResponseReturnValue:
    """Take off again whom a list has brought."""
    try:
        with transaction():
            brought = importing.import_by_id(import_id, lock=True) or abort(404)
            stay = importing.undo(brought, by=by())
    except importing.TooLate:
        flash(_("It is too late to undo this: somebody has been written to, or has chosen something."), "bad")
    else:
        flash(_("Undone. The imported addresses are off the list again."), "good")
        if stay:
            flash(ngettext("%(num)s address stays.", "%(num)s addresses stay.", stay))
    return redirect(url_for("desk.subscribers"), 303)


def verdicts() -> dict[Verdict, tuple[str, str]]:
    """Return what each verdict is called, and the chip that carries it."""
    return {
        Verdict.NEW: (_("New"), "chip-open"),
        Verdict.KNOWN: (_("On the list already"), ""),
        Verdict.OTHER_LANGUAGE: (_("On the list already, in another language, which stays"), ""),
        Verdict.WAITING: (_("Has been asked and has not confirmed: left to the person"), "chip-moved"),
        Verdict.LEFT: (_("Has left the newsletter: stays away"), "chip-cancelled"),
        Verdict.DEAD: (_("E-mails to it come back: not taken"), "chip-cancelled"),
        Verdict.DUPLICATE: (_("Twice in this list"), ""),
        Verdict.NO_BASIS: (_("No basis with a date: not taken"), "chip-cancelled"),
        Verdict.NO_DATE: (_("No readable date of the basis: not taken"), "chip-cancelled"),
        Verdict.AHEAD: (_("The date of the basis is still to come: not taken"), "chip-cancelled"),
        Verdict.NO_ADDRESS: (_("No address"), "chip-moved"),
        Verdict.INVALID: (_("Not an e-mail address"), "chip-moved"),
        Verdict.UNKNOWN_TOPIC: (_("Unknown topic"), "chip-moved"),
    }


def _make(import_id: int) -> ResponseReturnValue:
    _found(import_id)
    try:
        added = bulk.subscribe(import_id, by=by())
    except importing.AlreadyMade:
        flash(_("This list has already been imported."), "bad")
    else:
        flash(ngettext("%(num)s address imported.", "%(num)s addresses imported.", added), "good")
    return redirect(url_for("desk.subscribers"), 303)


def _found(import_id: int) -> SubscriberImport:
    return importing.import_by_id(import_id) or abort(404)


def _sentence(fault: tables.Unreadable | NoColumn) -> str:
    said = {
        "table_too_large": _("The file is too large. Please divide it."),
        "table_too_many_rows": _("The list has more than 10,000 rows. Please divide it."),
        "table_of_another_kind": _("This is no table that can be read here. Save it as XLSX or CSV."),
        "no_addresses": _("No column holds e-mail addresses. Call it “E-mail” in the first row."),
    }
    found: str = said.get(fault.code, _("The file cannot be read. Save it once more as XLSX or CSV."))
    return found
