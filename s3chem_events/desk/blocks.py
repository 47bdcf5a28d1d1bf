"""Addresses whose owners said "this was not me": let into the forms again where the owner asks for it."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import EmailField

from s3chem_events.core.db import transaction
from s3chem_events.core.errors import NotFound
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.i18n import language
from s3chem_events.desk.fields import Needed, clean, faulty, line, say
from s3chem_events.desk.frame import allowed, by, desk
from s3chem_events.desk.overview import names_of
from s3chem_events.publishing import queries as publishing
from s3chem_events.registration import disowning, identity

LONGEST_REASON = 300


class BlockForm(FlaskForm):
    """Whose address, and why."""

    email = EmailField(_l("E-mail address"), [Needed()], filters=[clean])
    reason = line(_l("Reason, for the history"), Needed(), longest=LONGEST_REASON)


@desk.route("/blocked-addresses", methods=["GET", "POST"])
@allowed("blocks.lift")
def blocks() -> ResponseReturnValue:
    """Show what was let in again, and why (GET); let an address in (POST). Which are kept out nobody can read."""
    form = BlockForm()
    if form.validate_on_submit():
        try:
            with transaction():
                disowning.let_in(form.email.data or "", reason=form.reason.data or "", by=by())
        except NotFound:
            say(form.email, _("This address is not kept out. Perhaps it was another one?"))
        else:
            flash(_("The address can be entered in forms again."), "good")
            return redirect(url_for("desk.blocks"), 303)
    lifted = identity.let_in_again()
    page = render_template(
        "desk/blocks.html",
        section="organisers",
        form=form,
        faulty=faulty(form),
        kept_out=identity.kept_out(),
        lifted=lifted,
        names=names_of(block.lifted_by for block in lifted),
        titles={event.id: event.title.within(language()) for event in publishing.all_events()},
    )
    return page, 422 if form.is_submitted() else 200
