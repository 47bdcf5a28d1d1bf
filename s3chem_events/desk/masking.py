"""E-mails as organisers look at them: whole, but for what opens a reader's own pages. Nobody acts as somebody else."""

from dataclasses import replace

from s3chem_events.desk.frame import desk
from s3chem_events.mailing.letters import Letter
from s3chem_events.mailing.masking import masked

__all__ = ["looked_at", "masked"]

desk.add_app_template_filter(masked)


def looked_at(letter: Letter) -> Letter:
    """Return an e-mail for other eyes than its reader's."""
    return replace(
        letter,
        subject=masked(letter.subject),
        text=masked(letter.text),
        html=masked(letter.html),
        unsubscribe=masked(letter.unsubscribe),
    )
