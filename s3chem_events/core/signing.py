"""Signed links, each good for one purpose. A link for one thing never opens another."""

import hmac
from base64 import b32encode
from functools import lru_cache
from hashlib import sha256
from typing import Any

from flask import current_app
from itsdangerous import BadSignature, Serializer, URLSafeSerializer
from itsdangerous.encoding import base64_encode

TAG_BYTES = 10


def sign(purpose: str, payload: Any) -> str:
    """Make a token for the purpose; its signature has 160 bits."""
    return str(_serializer(_key(), purpose).dumps(payload))


def read(purpose: str, token: str) -> Any | None:
    """Return what was signed, or None for a token that is mistyped, cut off or made for something else."""
    try:
        return _serializer(_key(), purpose).loads(token)
    except BadSignature:
        return None


def tag(purpose: str, text: str) -> str:
    """Return a short signature, 80 bits in small letters and digits: for e-mail addresses, whose case may be lost."""
    made = hmac.new(_key().encode(), f"s3chem-tag:{purpose}:{text}".encode(), sha256).digest()
    return b32encode(made[:TAG_BYTES]).decode().lower()


def is_tag(purpose: str, text: str, given: str) -> bool:
    """Whether a short signature is that of the text, in small letters or capitals."""
    return hmac.compare_digest(tag(purpose, text).encode(), given.lower().encode())


def digits(purpose: str, text: str, *, length: int) -> str:
    """Return a number that follows from the text and the site's key: nobody else can tell which it is."""
    made = hmac.new(_key().encode(), f"s3chem-digits:{purpose}:{text}".encode(), sha256).digest()
    return str(int.from_bytes(made) % 10**length).zfill(length)


@lru_cache(maxsize=64)
def _serializer(key: str, purpose: str) -> URLSafeSerializer:
    return _Short(key, salt=f"s3chem:{purpose}")


class _Short(URLSafeSerializer):
    """URLSafeSerializer, without its try to compress what is a few characters long: half of the time of a token."""

    def dump_payload(self, obj: Any) -> bytes:
        """Write JSON in the letters of an address; what was compressed is still read."""
        return base64_encode(Serializer.dump_payload(self, obj))


def _key() -> str:
    return str(current_app.secret_key)
