"""What is done with organisers: add, let in by link, change, disable. Each changes rows and notes who did it."""

from datetime import timedelta

from sqlalchemy import CursorResult

from s3chem_events.accounts import audit, passwords, queries, roles, security, tokens
from s3chem_events.accounts.models import Organiser, OrganiserSession, OwnEvent, SignInLink
from s3chem_events.accounts.roles import Role
from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.errors import Refused
from s3chem_events.core.journal import OPERATOR, VISITOR, Actor, Fact
from s3chem_events.core.text import Text

NOBODY = 0
"""No organiser has this id."""
FIRST_ADDRESS = "organiser@s3chem.example"


class AlreadyThere(Refused):
    """There is already an organiser with this address."""

    code = "organiser_already_there"
    status = 409


class LastCoordinator(Refused):
    """Nobody could manage the organisers any more."""

    code = "last_coordinator"
    status = 409


class LinkUsed(Refused):
    """A sign-in link that is used, too old or made up."""

    code = "link_used"
    status = 410


def add(
    email: str,
    *,
    role: Role,
    by: Actor,
    name: str = "",
    language: str = "en",
    event_ids: frozenset[int] = frozenset(),
    password: str | None = None,
) -> Organiser:
    """Add an organiser; without a password the way in is a link.

    Raises:
        AlreadyThere: there is one with this address.
        WeakPassword: the password is too easy.

    """
    address = email.strip().lower()
    if queries.organiser_by_address(address) is not None:
        raise AlreadyThere(f"There is an organiser {address} already.")
    if password is not None:
        passwords.check(password, known=(address, name))
    organiser = Organiser(
        email=address,
        name=name,
        language=language,
        role=role,
        password=security.hashed(password) if password is not None else None,
        fs_uniquifier=tokens.make(),
        fs_webauthn_user_handle=tokens.make(),
        created_at=now(),
        own_events=[OwnEvent(event_id=event_id) for event_id in sorted(event_ids)],
    )
    db.session.add(organiser)
    db.session.flush()
    audit.note("organiser.added", by=by, organiser=organiser.id, role=role.value, events=sorted(event_ids))
    return organiser


def request_link(email: str) -> None:
    """Let a sign-in link be mailed, if the address is an organiser's.

    If it is not, the same is written down of nobody, and no e-mail comes of it: both answers take the same time. Of
    such lines the newest stays alone, so that a stranger cannot fill the database.
    """
    organiser = queries.organiser_by_address(email)
    if organiser is None or not organiser.active:
        db.session.execute(db.delete(Fact).filter_by(kind="organiser.link_requested", subject_id=NOBODY))
        journal.record("organiser.link_requested", NOBODY, by=VISITOR)
        return
    journal.record("organiser.link_requested", organiser.id, by=VISITOR)
    audit.note("organiser.link_requested", by=VISITOR, organiser=organiser.id)


def invite(organiser: Organiser, *, titles: list[Text], by: Actor) -> None:
    """Let a new organiser have an e-mail that says who invites, for what, with a way in that lasts for days."""
    journal.record("organiser.invited", organiser.id, by=by, titles=[dict(title) for title in titles])
    audit.note("organiser.invited", by=by, organiser=organiser.id)


def sign_in_url(organiser: Organiser, *, base_url: str, lasts: timedelta = queries.LINK_LASTS) -> str:
    """Make a link that lets an organiser in once, within half an hour or so long; returns its address."""
    token = tokens.make()
    begins = now() + lasts - queries.LINK_LASTS
    old = SignInLink.made_at < now() - queries.LINK_LASTS
    db.session.execute(db.delete(SignInLink).where(SignInLink.organiser_id == organiser.id, old))
    db.session.add(SignInLink(organiser_id=organiser.id, digest=tokens.digest(token), made_at=begins))
    return f"{base_url}/desk/sign-in/{token}"


def use_link(token: str) -> Organiser:
    """Spend a sign-in link and return whose it is.

    Raises:
        LinkUsed: it is spent, too old or never was.

    """
    spent = db.session.execute(
        db.update(SignInLink).where(*queries.unused(token)).values(used_at=now()).returning(SignInLink.organiser_id)
    ).scalar()
    organiser = queries.organiser_by_id(spent) if spent is not None else None
    if organiser is None or not organiser.active:
        raise LinkUsed
    return organiser


def first_link(base_url: str) -> str | None:
    """Return a way in for whoever starts the program; None once an organiser has a password.

    On an empty database it makes a coordinator, without a password.
    """
    if queries.has_organiser_with_password():
        return None
    everyone = queries.organisers() or [add(FIRST_ADDRESS, role=Role.COORDINATOR, by=OPERATOR)]
    coordinators = [one for one in everyone if one.active and one.role is Role.COORDINATOR]
    if not coordinators:
        return None
    organiser = next((one for one in coordinators if one.email == FIRST_ADDRESS), coordinators[0])
    return sign_in_url(organiser, base_url=base_url)


def change_role(organiser: Organiser, *, role: Role, event_ids: frozenset[int], by: Actor) -> None:
    """Give an organiser another role or other events."""
    if role is not Role.COORDINATOR:
        _keep_a_coordinator(organiser)
    was = organiser.role
    organiser.role = role
    organiser.own_events = [own for own in organiser.own_events if own.event_id in event_ids] + [
        OwnEvent(event_id=event_id) for event_id in sorted(event_ids - organiser.event_ids)
    ]
    audit.note(
        "organiser.role_changed",
        by=by,
        organiser=organiser.id,
        was=was.value,
        role=role.value,
        events=sorted(event_ids) if roles.is_bound(role) else [],
    )


def disable(organiser: Organiser, *, by: Actor) -> None:
    """Let an organiser in no more; every session and link ends at once."""
    _keep_a_coordinator(organiser)
    organiser.active = False
    _end_sessions(organiser)
    audit.note("organiser.disabled", by=by, organiser=organiser.id)


def enable(organiser: Organiser, *, by: Actor) -> None:
    """Let an organiser in again."""
    organiser.active = True
    audit.note("organiser.enabled", by=by, organiser=organiser.id)


def remove_second_factor(organiser: Organiser, *, by: Actor) -> None:
    """Switch codes and second keys off; passkeys that sign in by themselves stay."""
    organiser.tf_primary_method = organiser.tf_totp_secret = organiser.tf_last_counter = None
    organiser.mf_recovery_codes = []
    organiser.webauthn = [passkey for passkey in organiser.webauthn if passkey.usage == "first"]
    audit.note("organiser.second_factor_removed", by=by, organiser=organiser.id)


def change_password(organiser: Organiser, *, password: str, by: Actor) -> None:
    """Set a new password; every session ends, the caller signs in anew.

    Raises:
        WeakPassword: it is too short, too long or too common.

    """
    passwords.check(password, known=(organiser.email, organiser.name))
    organiser.password = security.hashed(password)
    _end_sessions(organiser)
    audit.note("organiser.password_changed", by=by, organiser=organiser.id)


def change_profile(organiser: Organiser, *, name: str, language: str) -> None:
    """Set the name that colleagues see and the language of the desk."""
    organiser.name, organiser.language = name, language


def end_session(organiser: Organiser, *, session_id: int) -> bool:
    """Sign one browser out; returns whether it was signed in and the organiser's own."""
    query = db.delete(OrganiserSession).filter_by(id=session_id, organiser_id=organiser.id)
    done = db.session.execute(query)
    return isinstance(done, CursorResult) and done.rowcount > 0


def _end_sessions(organiser: Organiser) -> None:
    organiser.fs_uniquifier = tokens.make()
    for way_in in (OrganiserSession, SignInLink):
        db.session.execute(db.delete(way_in).filter_by(organiser_id=organiser.id))


def _keep_a_coordinator(organiser: Organiser) -> None:
    """Refuse to take the last one; two who take one another's rights at the same moment must not both succeed."""
    if queries.coordinator_ids_locked() == {organiser.id}:
        raise LastCoordinator
