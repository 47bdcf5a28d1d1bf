"""The audit trail: who signed in, who was refused, who took lists away, who changed whose rights. Read only."""

from collections.abc import Mapping
from datetime import datetime

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from s3chem_events.accounts import queries
from s3chem_events.accounts.models import AuditEntry
from s3chem_events.accounts.roles import Role
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.i18n import language
from s3chem_events.core.values import frozen
from s3chem_events.desk.frame import allowed, desk, page_number
from s3chem_events.desk.organisers import ROLES
from s3chem_events.publishing import queries as publishing


@frozen
class Line:
    """One line of the trail in words; the names are looked up, for the trail itself holds ids alone."""

    at: datetime
    what: str
    who: str
    details: list[str]


@desk.route("/organisers/audit")
@allowed("audit.see")
def audit() -> ResponseReturnValue:
    """Show the trail, newest first."""
    page, count = page_number(), queries.audit_count()
    people = {f"organiser:{one.id}": one.name or one.email for one in queries.organisers()}
    titles = {event.id: event.title.within(language()) for event in publishing.all_events()}
    return render_template(
        "desk/audit.html",
        section="organisers",
        lines=[_line(entry, people, titles) for entry in queries.audit_trail(page=page)],
        page=page,
        pages=max(-(-count // queries.AUDIT_PAGE), 1),
    )


def kinds() -> dict[str, str]:
    """Return what is written into the trail, in words."""
    return {
        "desk.refused": _("Access refused"),
        "file.downloaded": _("Uploaded file downloaded"),
        "gate.exported": _("List for the entrance downloaded"),
        "gate.handed_out": _("Link for the entrance made"),
        "gate.taken_back": _("Link for the entrance revoked"),
        "letter.shown": _("Letter of invitation opened"),
        "letter.taken": _("Letter of invitation downloaded"),
        "list.exported": _("List of those who agreed downloaded"),
        "organiser.added": _("Organiser added"),
        "organiser.disabled": _("Organiser suspended"),
        "organiser.enabled": _("Suspension lifted"),
        "organiser.invited": _("Sign-in link sent"),
        "organiser.link_requested": _("Sign-in link requested"),
        "organiser.password_changed": _("Password changed"),
        "organiser.role_changed": _("Role or events changed"),
        "organiser.second_factor_added": _("Second factor set up"),
        "organiser.second_factor_removed": _("Second factor removed"),
        "organiser.signed_in": _("Signed in"),
        "organiser.signed_out": _("Signed out"),
        "mail_log.exported": _("Log of e-mails exported"),
        "participants.exported": _("List of participants exported"),
        "invitations.exported": _("Guest list exported"),
        "subscribers.exported": _("List of subscribers exported"),
        "sign_in.failed": _("Failed sign-in"),
    }


def _line(entry: AuditEntry, people: Mapping[str, str], titles: Mapping[int, str]) -> Line:
    others = {"operator": _("Command line"), "visitor": _("Nobody signed in")}
    who = people.get(entry.by) or others.get(entry.by, entry.by)
    return Line(entry.at, kinds().get(entry.kind, entry.kind), who, list(filter(None, _details(entry, people, titles))))


def _details(entry: AuditEntry, people: Mapping[str, str], titles: Mapping[int, str]) -> list[str]:
    data = entry.data
    concerned = f"organiser:{data.get('organiser')}"
    return [
        people.get(concerned, "") if concerned != entry.by else "",
        " → ".join(str(ROLES[Role(data[key])][0]) for key in ("was", "role") if key in data),
        ", ".join(titles[one] for one in (data.get("event"), *data.get("events", ())) if one in titles),
        ngettext("%(num)s row", "%(num)s rows", data["rows"]) if "rows" in data else "",
        str(data.get("format", "")).upper(),
    ]
