"""What opens a reader's own pages, taken out of texts that others read, quoted in an answer, say; pure."""

import re

OPENS = re.compile(
    r"(/(?:registrations(?:/former-address)?|delegations|invitations|updates|calendar|entrance|previews"
    r"|newsletter/(?:confirmation|preferences|leave))/)[\w.~%-]+"
)
"""Where an address of ours holds a token; a test walks all of them."""
GAP = r"(?:[ \t\xa0]*\r?\n[ \t\xa0>|]*)?"
"""Where a long line was broken, and quoted then."""
LIST = rf"W{GAP}z{GAP}[EIMQUYcgk]{GAP}[0-5sw-z](?:{GAP}[\w-]){{3,60}}"
NUMBER = r"(?=[MNO])(?:[MNO][DTjz][AEIMQUYcgk][0-5w-z]){0,4}(?:[MNO](?:[AQgw]|[DTjz][AEIMQUYcgk]))?"
TOKEN = re.compile(rf"{LIST}{GAP}(?:\.|%2E)(?:{GAP}[\w-]){{27}}[\w-]*|{NUMBER}\.[\w-]{{27,}}", re.ASCII)
"""What core.signing makes of a list that begins with a number, or of one number, wherever it stands and however the
address around it was written anew: base64 of that, a dot, and the signature. No word begins like that.
"""
ANSWERS = re.compile(r"((?:\+|%2B)[\w-]+-)[a-z2-7]{16}(?=@|%40)", re.IGNORECASE)
"""An address of ours that counts as its reader's own word."""


def masked(text: str) -> str:
    """Return a text, or HTML, whose personal links lead nowhere."""
    return ANSWERS.sub(r"\1…", OPENS.sub(r"\1…", TOKEN.sub("…", text)))
