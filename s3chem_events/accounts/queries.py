"""What is read of organisers."""

from datetime import timedelta

from sqlalchemy import func
from sqlalchemy.orm import selectinload

from s3chem_events.accounts.models import AuditEntry, Organiser, OrganiserSession, OwnEvent, SignInLink
from s3chem_events.accounts.roles import Role
from s3chem_events.accounts.tokens import digest
from s3chem_events.core.clock import now
from s3chem_events.core.db import db

LINK_LASTS = timedelta(minutes=30)
INVITATION_LASTS = timedelta(days=7)
SESSION_LASTS = timedelta(days=7)
AUDIT_PAGE = 50


def organiser_by_id(organiser_id: int) -> Organiser | None:
    """Return an organiser."""
    return db.session.get(Organiser, organiser_id)


def organiser_by_address(email: str) -> Organiser | None:
    """Return the organiser with this address, whatever its capitals."""
    found: Organiser | None = db.session.scalar(db.select(Organiser).filter_by(email=email.strip().lower()))
    return found


def organisers() -> list[Organiser]:
    """Return every organiser, those who may sign in first."""
    query = db.select(Organiser).options(selectinload(Organiser.own_events))
    return list(db.session.scalars(query.order_by(Organiser.active.desc(), Organiser.email)))


def organisers_of(event_id: int) -> list[Organiser]:
    """Return who answers for an event and may sign in: the coordinators, and the partners whose event it is."""
    own = db.select(OwnEvent.organiser_id).where(OwnEvent.event_id == event_id)
    is_theirs = (Organiser.role == Role.PARTNER_ORGANISER) & Organiser.id.in_(own)
    query = db.select(Organiser).where(Organiser.active, (Organiser.role == Role.COORDINATOR) | is_theirs)
    return list(db.session.scalars(query.order_by(Organiser.id)))


def coordinator_ids_locked() -> set[int]:
    """Return who may manage the organisers; other writers of them wait, the one after the other."""
    query = db.select(Organiser.id).where(Organiser.active, Organiser.role == Role.COORDINATOR)
    return set(db.session.scalars(query.order_by(Organiser.id).with_for_update()))


def has_organiser_with_password() -> bool:
    """Whether somebody can sign in without a link that this program makes."""
    return bool(db.session.scalar(db.select(func.count(Organiser.id)).where(Organiser.password.is_not(None))))


def organiser_in_session(uniquifier: str, key: str) -> Organiser | None:
    """Return the organiser of a session that is still alive."""
    found: Organiser | None = db.session.scalar(
        db.select(Organiser)
        .join(OrganiserSession, OrganiserSession.organiser_id == Organiser.id)
        .where(
            Organiser.fs_uniquifier == uniquifier,
            Organiser.active,
            OrganiserSession.key_digest == digest(key),
            OrganiserSession.started_at > now() - SESSION_LASTS,
        )
    )
    return found


def sessions(organiser_id: int) -> list[OrganiserSession]:
    """Return the signed-in browsers of an organiser, newest first."""
    query = db.select(OrganiserSession).where(
        OrganiserSession.organiser_id == organiser_id, OrganiserSession.started_at > now() - SESSION_LASTS
    )
    return list(db.session.scalars(query.order_by(OrganiserSession.id.desc())))


def link_is_good(token: str) -> bool:
    """Whether a sign-in link would let somebody in at this moment."""
    query = db.select(SignInLink.id).where(*unused(token))
    return db.session.scalar(query) is not None


def unused(token: str) -> tuple[object, ...]:
    """Return the conditions under which a sign-in link is good."""
    return (
        SignInLink.digest == digest(token),
        SignInLink.used_at.is_(None),
        SignInLink.made_at > now() - LINK_LASTS,
    )


def audit_trail(*, page: int = 1) -> list[AuditEntry]:
    """Return a page of the audit trail, newest first."""
    query = db.select(AuditEntry).order_by(AuditEntry.id.desc())
    return list(db.session.scalars(query.limit(AUDIT_PAGE).offset((page - 1) * AUDIT_PAGE)))


def audit_count() -> int:
    """Return how many lines the audit trail has."""
    return db.session.scalar(db.select(func.count(AuditEntry.id))) or 0
