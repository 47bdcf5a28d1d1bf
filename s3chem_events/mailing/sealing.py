"""Signs what leaves in the name of the sender's domain (DKIM, RFC 6376), where the mail server does not do so itself.

By hand, as the e-mails are: dkimpy takes 11 ms for a signature, this less than two; in the tests dkimpy checks it.
The same letter is signed with the same bytes, always: its time is that of the letter, and RSA as it is used here
(RFC 8017 8.2) draws no lots.
"""

import re
from base64 import b64encode
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from s3chem_events.core.config import Signing
from s3chem_events.core.later import Later

if TYPE_CHECKING:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding
else:
    hashes = Later("cryptography.hazmat.primitives.hashes")  # loaded where something is signed, and nowhere else
    padding = Later("cryptography.hazmat.primitives.asymmetric.padding")

FIELDS = (
    b"from",
    b"to",
    b"reply-to",
    b"subject",
    b"date",
    b"message-id",
    b"mime-version",
    b"content-type",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
    b"list-id",
    b"feedback-id",
)
"""What nobody on the way may change. RFC 8058 4 asks for both headers that one click needs."""
ALONE = (b"from", b"subject")
"""Signed once more than they are there: a second one, which a mail program might show, would break the signature."""
BLANKS = re.compile(rb"[ \t]+")
ENDS = re.compile(rb"[ \t]+\r\n")
FOLDS = re.compile(rb"\r\n(?=[ \t])")


def signed(content: bytes, signing: Signing, *, domain: str, at: datetime) -> bytes:
    """Put a signature on top of an e-mail (its lines end with CRLF), as of the moment at which it was written."""
    head, _, body = content.partition(b"\r\n\r\n")
    fields = {_name(field): field for field in FOLDS.sub(b"", head).split(b"\r\n")}
    covered = [name for name in FIELDS if name in fields]
    tags = (
        f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s={signing.selector};\r\n"
        f" t={int(at.timestamp())};\r\n"
        f" h={':'.join(name.decode() for name in (*covered, *ALONE))};\r\n"
        f" bh={b64encode(sha256(_body(body)).digest()).decode()};\r\n"
        " b="
    ).encode()
    # The names that stand in h= a second time are of fields that are not there: they add nothing (RFC 6376 5.4.2).
    told = [*(_field(fields[name]) + b"\r\n" for name in covered), _field(FOLDS.sub(b"", tags))]
    seal = b64encode(signing.key.sign(b"".join(told), padding.PKCS1v15(), hashes.SHA256()))
    return tags + b"\r\n ".join(seal[start : start + 72] for start in range(0, len(seal), 72)) + b"\r\n" + content


def _name(field: bytes) -> bytes:
    return field.partition(b":")[0].strip().lower()


def _field(field: bytes) -> bytes:
    """Write a header in the relaxed form (RFC 6376 3.4.2): blanks on the way do no harm."""
    name, _, value = field.partition(b":")
    return name.strip().lower() + b":" + BLANKS.sub(b" ", value).strip()


def _body(body: bytes) -> bytes:
    """Write the body in the relaxed form (RFC 6376 3.4.4)."""
    if not body.endswith(b"\r\n"):
        body += b"\r\n"
    told = BLANKS.sub(b" ", ENDS.sub(b"\r\n", body)).rstrip(b"\r\n")
    return told + b"\r\n" if told else b""
