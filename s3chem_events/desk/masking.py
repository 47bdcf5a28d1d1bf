"""E-mails as organisers look at them: whole, but for what opens a reader's own pages. Nobody acts as somebody else."""

import re
from dataclasses import replace

from s3chem_events.desk.frame import desk
from s3chem_events.mailing.letters import Letter

OPENS = re.compile(
    r"(/(?:registrations(?:/former-address)?|delegations|invitations|updates|calendar|entrance|previews"
    r"|newsletter/(?:confirmation|preferences|leave))/)[\w.~%-]+"
)
"""Where an address of ours holds a token; a test walks all of them."""
ANSWERS = re.compile(r"(\+[\w-]+-)[a-z2-7]{16}(?=@)", re.IGNORECASE)
"""An address of ours that counts as its reader's own word."""


@desk.app_template_filter("masked")
def masked(text: str) -> str:
    """Return a text, or HTML, whose personal links lead nowhere."""
    return ANSWERS.sub(r"\1…", OPENS.sub(r"\1…", text))


def looked_at(letter: Letter) -> Letter:
    """Return an e-mail for other eyes than its reader's."""
    return replace(
        letter,
        subject=masked(letter.subject),
        text=masked(letter.text),
        html=masked(letter.html),
        unsubscribe=masked(letter.unsubscribe),
    )
