"""Who may do what at the desk: one table, pure. What stands in no line is refused."""

from enum import StrEnum


class Role(StrEnum):
    """What an organiser is here for."""

    COORDINATOR = "coordinator"
    PARTNER_ORGANISER = "partner_organiser"
    COMMUNICATION = "communication"
    DESK_HELPER = "desk_helper"
    READ_ONLY = "read_only"


ALL = frozenset(Role)
AT_EVENTS = ALL - {Role.COMMUNICATION}
"""Who has to do with people at events; those who write the newsletter have to do with its readers."""
COORDINATORS = frozenset({Role.COORDINATOR})
ORGANISERS = frozenset({Role.COORDINATOR, Role.PARTNER_ORGANISER})
EDITORS = frozenset({Role.COORDINATOR, Role.COMMUNICATION})
WRITERS = ORGANISERS | EDITORS
"""Who writes to many: to the readers of the newsletter, or to the people of an event. To whom: desk.frame.writes_to."""

PERMISSIONS: dict[str, frozenset[Role]] = {
    "dashboard.see": ALL,
    "account.own": ALL,
    "event.see": ALL,
    "event.add": COORDINATORS,
    "event.edit": ORGANISERS,
    "participants.see": AT_EVENTS,
    "participants.edit": ORGANISERS,
    "participants.enter": ORGANISERS | {Role.DESK_HELPER},  # a helper on the day itself: see desk.entering.may_enter
    "participants.export": ORGANISERS,
    "participants.write": ORGANISERS,
    "blocks.lift": COORDINATORS,  # a block holds for the forms of all events
    "presence.edit": ORGANISERS | {Role.DESK_HELPER},
    "invitations.see": ORGANISERS | {Role.READ_ONLY},
    "invitations.edit": ORGANISERS,
    "invitations.export": ORGANISERS,
    "questions.edit": ORGANISERS,
    "answers.see": ORGANISERS,
    "needs.see": ORGANISERS,  # data about health: not for helpers, and not for those who only read
    "needs.export": COORDINATORS,
    "gate.see": ORGANISERS,
    "gate.export": ORGANISERS,
    "subscribers.see": EDITORS,
    "subscribers.edit": EDITORS,
    "subscribers.export": EDITORS,
    "campaigns.list": EDITORS,
    "campaigns.see": WRITERS,
    "campaigns.edit": WRITERS,
    "campaigns.release": WRITERS,
    "news.edit": EDITORS,
    "pages.edit": COORDINATORS,  # the notices bind whoever publishes the site
    "outbox.see": COORDINATORS,  # an e-mail may belong to any event, so that it is for those who see every event
    "outbox.manage": COORDINATORS,
    "arrivals.see": ORGANISERS,  # who is bound to events sees what answers e-mails about them, and no other
    "arrivals.finish": ORGANISERS,
    "wordings.edit": COORDINATORS,
    "audit.see": COORDINATORS,
    "organisers.see": COORDINATORS,
    "organisers.manage": COORDINATORS,
}

BOUND = frozenset({Role.PARTNER_ORGANISER, Role.DESK_HELPER})
"""Roles that hold for the organiser's own events only; any other event does not exist for them."""


def may(role: Role, permission: str) -> bool:
    """Whether a role includes a permission; an unknown permission is nobody's."""
    return role in PERMISSIONS.get(permission, frozenset())


def is_bound(role: Role) -> bool:
    """Whether a role holds for the organiser's own events only."""
    return role in BOUND
