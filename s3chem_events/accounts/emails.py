"""What is written to organisers."""

from collections.abc import Iterator, Sequence

from s3chem_events.accounts import actions, queries
from s3chem_events.core.journal import Fact
from s3chem_events.core.text import Text
from s3chem_events.mailing.letters import Draft, Letterhead


def link_requested(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Send an organiser a way in. It makes the link, so it needs the caller's transaction."""
    for fact in facts:
        organiser = queries.organiser_by_id(fact.subject_id)
        if organiser is None or not organiser.active:
            continue
        yield Draft(
            kind=fact.kind,
            fact_id=fact.id,
            subject_id=organiser.id,
            address=organiser.email,
            name=organiser.name,
            language=organiser.language,
            values={
                "link": actions.sign_in_url(organiser, base_url=letterhead.base_url),
                "minutes": int(queries.LINK_LASTS.total_seconds() // 60),
            },
        )


def invited(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Tell a new organiser who invites and for what. It makes the link, so it needs the caller's transaction."""
    for fact in facts:
        organiser = queries.organiser_by_id(fact.subject_id)
        if organiser is None or not organiser.active:
            continue
        link = actions.sign_in_url(organiser, base_url=letterhead.base_url, lasts=queries.INVITATION_LASTS)
        yield Draft(
            kind=fact.kind,
            fact_id=fact.id,
            subject_id=organiser.id,
            address=organiser.email,
            name=organiser.name,
            language=organiser.language,
            values={
                "link": link,
                "days": queries.INVITATION_LASTS.days,
                "inviter": _named(fact.by) or letterhead.organisation,
                "role": organiser.role.value,
                "titles": [Text(title).within(organiser.language) for title in fact.data["titles"]],
            },
        )


def _named(actor: str) -> str:
    kind, _, number = actor.partition(":")
    inviter = queries.organiser_by_id(int(number)) if kind == "organiser" else None
    return inviter.name or inviter.email if inviter else ""
