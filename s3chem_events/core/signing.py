"""Signed links, each good for one purpose. A link for one thing never opens another."""

from functools import lru_cache
from typing import Any

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer


def sign(purpose: str, payload: Any) -> str:
    """Make a token for the purpose; its signature has 160 bits."""
    return str(_serializer(_key(), purpose).dumps(payload))


def read(purpose: str, token: str) -> Any | None:
    """Return what was signed, or None for a token that is mistyped, cut off or made for something else."""
    try:
        return _serializer(_key(), purpose).loads(token)
    except BadSignature:
        return None


@lru_cache(maxsize=64)
def _serializer(key: str, purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(key, salt=f"s3chem:{purpose}")


def _key() -> str:
    return str(current_app.secret_key)
