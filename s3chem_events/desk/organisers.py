"""Who may do what at the desk: the organisers, their roles and their events."""

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import EmailField, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from s3chem_events.accounts import actions, queries, roles
from s3chem_events.accounts.models import Organiser
from s3chem_events.accounts.roles import Role
from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Invalid, Refused
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.i18n import language
from s3chem_events.core.text import LANGUAGES
from s3chem_events.desk.frame import allowed, by, desk
from s3chem_events.publishing import queries as publishing
from s3chem_events.registration.names import address, clean_line

ROLES = {
    Role.COORDINATOR: (_l("Coordinator"), _l("Everything, for every event.")),
    Role.PARTNER_ORGANISER: (
        _l("Partner organiser"),
        _l("Edits own events; sees and exports their participants, and writes to them."),
    ),
    Role.COMMUNICATION: (
        _l("Communication officer"),
        _l("Looks after the newsletter and its subscribers; sees every event, but not its participants."),
    ),
    Role.DESK_HELPER: (
        _l("Desk helper"),
        _l("Sees the participants of own events and enters who walks in; exports nothing."),
    ),
    Role.READ_ONLY: (_l("Reader"), _l("Sees every event and its participants; changes and exports nothing.")),
}


class RightsForm(FlaskForm):
    """A role, and the events of one who has events of their own."""

    role = RadioField(_l("Role"), validators=[InputRequired(_l("Choose a role."))])
    events = SelectMultipleField(_l("Own events (for partner organisers and desk helpers)"), coerce=int)

    def offer(self) -> "RightsForm":
        """Fill in what can be chosen."""
        self.role.choices = [
            SelectChoice(role.value, _("%(first)s: %(second)s", first=name, second=does))
            for role, (name, does) in ROLES.items()
        ]
        self.events.choices = [SelectChoice(e.id, e.title.within(language())) for e in publishing.all_events()]
        return self

    @property
    def event_ids(self) -> frozenset[int]:
        """The chosen events, where the role has any of its own."""
        return frozenset(self.events.data or []) if roles.is_bound(Role(self.role.data)) else frozenset()


class OrganiserForm(RightsForm):
    """A new organiser."""

    email = EmailField(_l("E-mail"), validators=[InputRequired(_l("Enter an e-mail address.")), Length(max=254)])
    name = StringField(_l("Name"), validators=[Length(max=200)])
    language = SelectField(_l("Language of the desk"), choices=[SelectChoice(*each) for each in LANGUAGES.items()])


@desk.route("/organisers/")
@allowed("organisers.see")
def organisers() -> ResponseReturnValue:
    """List the organisers."""
    titles = {event.id: event.title.within(language()) for event in publishing.all_events()}
    everyone = queries.organisers()
    return render_template(
        "desk/organisers.html", section="organisers", organisers=everyone, roles=ROLES, titles=titles
    )


@desk.route("/organisers/new", methods=["GET", "POST"])
@allowed("organisers.manage")
def organiser_new() -> ResponseReturnValue:
    """Add an organiser, who gets a sign-in link by e-mail."""
    form = OrganiserForm(role=Role.PARTNER_ORGANISER.value).offer()
    if not form.validate_on_submit():
        return _form(form, status=422 if form.errors else 200)
    try:
        with transaction():
            added = actions.add(
                address(form.email.data or ""),
                role=Role(form.role.data),
                name=clean_line(form.name.data or ""),
                language=form.language.data,
                event_ids=form.event_ids,
                by=by(),
            )
            _invite(added)
    except actions.AlreadyThere as refusal:
        form.email.errors = [_("There is already an organiser with this address.")]
        return _form(form, status=refusal.status)
    except Invalid as refusal:
        form.email.errors = [_("This is not an e-mail address.")]
        return _form(form, status=refusal.status)
    flash(_("Added. A sign-in link is on its way to %(email)s.", email=added.email), "good")
    if roles.is_bound(added.role) and not form.event_ids:
        flash(_("This role is limited to assigned events, and none is assigned yet. Open the name to choose."))
    return redirect(url_for("desk.organisers"))


@desk.route("/organisers/<int:organiser_id>", methods=["GET", "POST"])
@allowed("organisers.manage")
def organiser(organiser_id: int) -> ResponseReturnValue:
    """Change an organiser's role and events."""
    someone = _found(organiser_id)
    form = RightsForm(role=someone.role.value, events=sorted(someone.event_ids)).offer()
    if not form.validate_on_submit():
        return _form(form, someone=someone, status=422 if form.errors else 200)
    try:
        with transaction():
            actions.change_role(someone, role=Role(form.role.data), event_ids=form.event_ids, by=by())
    except actions.LastCoordinator as refusal:
        form.role.errors = [_("There must be at least one coordinator.")]
        return _form(form, someone=someone, status=refusal.status)
    flash(_("Saved."), "good")
    return redirect(url_for("desk.organisers"))


@desk.route("/organisers/<int:organiser_id>/link", methods=["POST"])
@allowed("organisers.manage")
def organiser_link(organiser_id: int) -> ResponseReturnValue:
    """Send an organiser a new sign-in link."""
    someone = _found(organiser_id)
    with transaction():
        if someone.signed_in_at is None:
            _invite(someone)
        else:
            actions.request_link(someone.email)
    flash(_("A sign-in link is on its way to %(email)s.", email=someone.email), "good")
    return redirect(url_for("desk.organiser", organiser_id=organiser_id))


@desk.route("/organisers/<int:organiser_id>/suspension", methods=["POST"])
@allowed("organisers.manage")
def organiser_suspension(organiser_id: int) -> ResponseReturnValue:
    """Let an organiser in no more."""
    someone = _found(organiser_id)
    try:
        with transaction():
            actions.disable(someone, by=by())
    except Refused:
        flash(_("There must be at least one coordinator."), "bad")
        return redirect(url_for("desk.organiser", organiser_id=organiser_id))
    flash(_("%(email)s can no longer sign in; all sessions have ended.", email=someone.email), "good")
    return redirect(url_for("desk.organiser", organiser_id=organiser_id))


@desk.route("/organisers/<int:organiser_id>/return", methods=["POST"])
@allowed("organisers.manage")
def organiser_return(organiser_id: int) -> ResponseReturnValue:
    """Let an organiser in again."""
    someone = _found(organiser_id)
    with transaction():
        actions.enable(someone, by=by())
    flash(_("%(email)s can sign in again.", email=someone.email), "good")
    return redirect(url_for("desk.organiser", organiser_id=organiser_id))


@desk.route("/organisers/<int:organiser_id>/second-factor/removal", methods=["POST"])
@allowed("organisers.manage")
def organiser_second_factor_removal(organiser_id: int) -> ResponseReturnValue:
    """Switch the second factor off for somebody who lost the phone and the recovery codes."""
    someone = _found(organiser_id)
    with transaction():
        actions.remove_second_factor(someone, by=by())
    flash(_("Codes and security keys of %(email)s are switched off.", email=someone.email), "good")
    return redirect(url_for("desk.organiser", organiser_id=organiser_id))


def _invite(someone: Organiser) -> None:
    titles = [event.title for event in publishing.all_events() if event.id in someone.event_ids]
    actions.invite(someone, titles=titles if roles.is_bound(someone.role) else [], by=by())


def _found(organiser_id: int) -> Organiser:
    return queries.organiser_by_id(organiser_id) or abort(404)


def _form(form: RightsForm, *, someone: Organiser | None = None, status: int = 200) -> ResponseReturnValue:
    return render_template("desk/organiser.html", section="organisers", form=form, someone=someone), status
