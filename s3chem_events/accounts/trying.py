"""An e-mail as an organiser words it, sent to that organiser alone."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from s3chem_events.accounts import queries
from s3chem_events.core.journal import Fact
from s3chem_events.mailing import render, rewording, wording, wording_samples
from s3chem_events.mailing.letters import Draft, Letterhead


def tried(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Send an e-mail to a made-up person to the organiser who tries it, marked as what it is."""
    wordings = rewording.in_force()
    for fact in facts:
        organiser = queries.organiser_by_id(fact.data["organiser"])
        kind, language = fact.data["email"], fact.data["language"]
        if organiser is None or not organiser.active or kind not in wording.KINDS:
            continue
        address, name = organiser.email, organiser.name
        sample = wording_samples.sample(kind, language, letterhead, address=address)
        letter = render.written(sample, letterhead, at=fact.happened_at, wordings=wordings)
        yield Draft(
            kind=fact.kind,
            fact_id=fact.id,
            subject_id=fact.subject_id,
            address=address,
            name=name,
            language=language,
            values={
                "subject": letter.subject,
                "text": letter.text,
                "html": Markup(letter.html),  # noqa: S704 - written by mailing.render, its values escaped
            },
        )
