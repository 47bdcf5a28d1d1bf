"""The list for the entrance, for a guard with a link and its passphrase: GET asks, POST gives it, once."""

from flask import Blueprint, redirect, request
from flask.wrappers import Response
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as BaseResponse
from wtforms import StringField
from wtforms.validators import InputRequired

from s3chem_events.accounts import audit
from s3chem_events.attendance import exports, gate_links, gates
from s3chem_events.core import limits
from s3chem_events.core.clock import today
from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Refused
from s3chem_events.core.guard import csrf, private
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.journal import VISITOR
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.models import Event
from s3chem_events.registration import asking
from s3chem_events.registration.questions import When
from s3chem_events.site.events_seen import event_view
from s3chem_events.site.fields import Form
from s3chem_events.site.frame import render
from s3chem_events.site.own import press_again, too_many
from s3chem_events.site.pages import contact

entrance = Blueprint("entrance", __name__)
entrance.after_request(private)
csrf.exempt(entrance)  # the form checks its own token, and says in words what to do about an old one


class PassphraseForm(Form):
    """Asks for what was told by telephone."""

    passphrase = StringField(_l("Passphrase"), validators=[InputRequired(_l("Enter the passphrase."))])


@entrance.route("/<lang>/entrance/<token>", methods=["GET", "POST"])
def gate_list(lang: str, token: str) -> BaseResponse:
    """Say what it is about (GET); give the list, locked, for its passphrase (POST)."""
    form, status, words = PassphraseForm(), 200, ""
    if form.is_submitted():
        status, words = 422, press_again() if form.csrf_token.errors else ""
        if form.validate():
            try:
                return _given(form.passphrase.data or "", lang, token)
            except gate_links.LinkOver:
                return redirect(request.path, 303)  # it says why
            except gate_links.WrongPassphrase:
                form.passphrase.errors = [_("This is not the passphrase of this link. Ask whoever gave it to you.")]
            except Refused as refusal:
                status = refusal.status
                words = too_many()
    return _page(form, lang, token, status, words)


def _given(typed: str, lang: str, token: str) -> BaseResponse:
    limits.spend(limits.LINKS, "gate-list", limits.network())
    with transaction():
        link = gate_links.by_token(token, lock=True)
        event = publishing.event_by_id(link.event_id) if link else None
        if link is None or event is None:
            raise gate_links.LinkOver
        passphrase = gate_links.use(link, event, typed, by=VISITOR)
        asked = asking.asked_at(event.id, when=When.AFTERWARDS)
        rows, own = gates.gate_rows(event, lang), [question.key for question in asked]
        audit.note("gate.exported", by=VISITOR, event=event.id, link=link.id, rows=len(rows), columns=own)
        names = (*exports.header(gates.COLUMNS, lang), *(question.label.within(lang) for question in asked))
        name = f"{event.slug}-gate-{today(event.zone)}.xlsx"
    workbook = b"".join(exports.xlsx_file([rows], names=names, columns=(*gates.COLUMNS, *own)))
    return Response(
        exports.locked(workbook, passphrase),
        content_type=exports.TYPES["xlsx"],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _page(form: PassphraseForm, lang: str, token: str, status: int, refusal: str) -> Response:
    link = gate_links.by_token(token)
    event: Event | None = publishing.event_by_id(link.event_id) if link else None
    is_good = link is not None and event is not None and gate_links.is_good(link, event)
    body = render(
        "site/entrance/list.html",
        lang=lang,
        path=f"/entrance/{token}",
        private=True,
        event=event_view(event, lang, calendar=False) if is_good and event else None,
        form=form,
        refusal=refusal,
        contact=contact(lang),
    )
    return Response(body, status=status if is_good else 410)
