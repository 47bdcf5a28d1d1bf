"""Signed links, each good for one purpose. A link for one thing never opens another."""

from functools import lru_cache
from typing import Any

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer, URLSafeTimedSerializer


def sign(purpose: str, payload: Any) -> str:
    """Make a token for the purpose; its signature has 160 bits."""
    return str(_serializer(_key(), purpose).dumps(payload))


def read(purpose: str, token: str) -> Any | None:
    """Return what was signed, or None for a token that is mistyped, cut off or made for something else."""
    try:
        return _serializer(_key(), purpose).loads(token)
    except BadSignature:
        return None


def read_within(purpose: str, token: str, *, seconds: int) -> Any | None:
    """Return what `sign_now` signed, if that is not longer ago than this."""
    try:
        return URLSafeTimedSerializer(_key(), salt=f"s3chem:{purpose}").loads(token, max_age=seconds)
    except BadSignature:
        return None


def sign_now(purpose: str, payload: Any) -> str:
    """Make a token that carries its time, for read_within()."""
    return str(URLSafeTimedSerializer(_key(), salt=f"s3chem:{purpose}").dumps(payload))


@lru_cache(maxsize=64)
def _serializer(key: str, purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(key, salt=f"s3chem:{purpose}")


def _key() -> str:
    return str(current_app.secret_key)
