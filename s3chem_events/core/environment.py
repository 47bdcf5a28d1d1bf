"""One setting at a time out of the environment, each checked for its shape; core.config says what they mean."""

import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from s3chem_events.core.later import Later

if TYPE_CHECKING:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
else:
    serialization = Later("cryptography.hazmat.primitives.serialization")  # needed only where e-mails are signed
    rsa = Later("cryptography.hazmat.primitives.asymmetric.rsa")

PREFIX = "S3CHEM_"
NAMES = (
    "DATABASE_URL",
    "QUEUE_URL",
    "LIMITS_URL",
    "BASE_URL",
    "SECRET_KEY",
    "INSTANCE",
    "MAIL_SERVER",
    "MAIL_PORT",
    "MAIL_USERNAME",
    "MAIL_PASSWORD",
    "MAIL_TLS",
    "MAIL_SENDER",
    "MAIL_RATE",
    "MAIL_PER_CONNECTION",
    "MAIL_CONNECTIONS",
    "DKIM_KEY",
    "DKIM_SELECTOR",
    "INBOX_URL",
    "INBOX",
    "INBOX_TAGS",
    "AUTHSERV_ID",
    "TRUSTED_PROXIES",
    "LIMITS",
    "LOG_FORMAT",
    "METRICS",
)
SHORTEST_SECRET = 32
SHORTEST_KEY = 1024
"""Bits; shorter ones are not believed (RFC 8301 3.2). New ones should have 2048."""
SELECTOR = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*", re.IGNORECASE)
MAILBOX = re.compile(r"[^\s<>@,;:\"]+@[^\s<>@,;:\"]+")
INBOXES = {"imaps", "imap", "imap+starttls"}


class WrongSetting(Exception):
    """A setting is missing or wrong; the text names it and says what is expected."""


class Reader:
    """One setting at a time out of the environment."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ

    def refuse_unknown(self) -> None:
        """A misspelt setting would be ignored in silence, and its owner deceived."""
        known = {PREFIX + name for name in NAMES}
        for name in self.environ:
            if name.startswith(PREFIX) and name not in known and not name.startswith(PREFIX + "TEST_"):
                msg = f"{name} is not a setting of S3Chem Events; see docs/settings.md for their names."
                raise WrongSetting(msg)

    def text(self, name: str) -> str | None:
        return (self.environ.get(PREFIX + name) or "").strip() or None

    def number(self, name: str, default: int | None, *, least: int = 0, most: int = 1_000_000) -> int | None:
        value = self.text(name)
        if value is None:
            return default
        if not value.isdecimal() or not least <= int(value) <= most:
            msg = f"{PREFIX}{name} must be a whole number from {least} to {most}, not {value!r}."
            raise WrongSetting(msg)
        return int(value)

    def mailbox(self, name: str) -> str | None:
        """A bare address: a name beside it would stand in every From, and no server would take it."""
        value = self.text(name)
        if value is not None and not MAILBOX.fullmatch(value):
            msg = f"{PREFIX}{name} must be one e-mail address such as events@example.org, not {value!r}."
            raise WrongSetting(msg)
        return value

    def one_of(self, name: str, choices: tuple[str, ...]) -> str:
        """The value, else the first of the choices."""
        value = self.text(name) or choices[0]
        if value not in choices:
            msg = f"{PREFIX}{name} must be one of {', '.join(choices)}, not {value!r}."
            raise WrongSetting(msg)
        return value

    def url(self, name: str, default: str, schemes: tuple[str, ...]) -> str:
        value = self.text(name) or default
        parts = urlsplit(value)
        scheme = parts.scheme.split("+")[0]
        if scheme not in schemes or (scheme in {"http", "https"} and not parts.hostname):
            # The value itself may hold a password: it is not shown.
            msg = f"{PREFIX}{name} must be an address that starts with one of {', '.join(s + '://' for s in schemes)}."
            raise WrongSetting(msg)
        if scheme.startswith("redis") and find_spec("redis") is None:
            msg = f"{PREFIX}{name} asks for Redis: install its client with pip install 's3chem-events[redis]'."
            raise WrongSetting(msg)
        return value

    def inbox(self) -> str | None:
        """An IMAP server with an account; the value itself holds a password and is not shown."""
        value = self.text("INBOX_URL")
        parts = urlsplit(value or "")
        if value and not (parts.scheme in INBOXES and parts.hostname and parts.username and parts.password):
            raise WrongSetting(f"{PREFIX}INBOX_URL must look like imaps://user:password@host/INBOX.")
        return value

    def base_url(self, name: str, default: str) -> str:
        """An address without a path: the site stands at the root of its host."""
        value = self.url(name, default, ("http", "https")).rstrip("/")
        parts = urlsplit(value)
        if parts.path or parts.query or parts.fragment or parts.username:
            msg = (
                f"{PREFIX}{name} must end with the host (and port): {parts.scheme}://{parts.netloc.rpartition('@')[2]}."
            )
            raise WrongSetting(msg)
        return value

    def secret(self) -> str | None:
        value = self.text("SECRET_KEY")
        if value is not None and len(value) < SHORTEST_SECRET:
            msg = f"{PREFIX}SECRET_KEY must have at least {SHORTEST_SECRET} characters; leave it out to have one made."
            raise WrongSetting(msg)
        return value

    def signing_key(self, name: str) -> "rsa.RSAPrivateKey | None":
        """A file with an RSA key in PEM form, whose content is never shown."""
        value = self.text(name)
        if value is None:
            return None
        try:
            key = serialization.load_pem_private_key(Path(value).read_bytes(), password=None)
        except OSError as error:
            raise WrongSetting(f"{PREFIX}{name}: the file {value} cannot be read ({error.strerror}).") from error
        except (ValueError, TypeError):
            key = None
        if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < SHORTEST_KEY:
            msg = f"{PREFIX}{name}: {value} must hold an RSA key (PEM, no password) of {SHORTEST_KEY} bits at least."
            raise WrongSetting(msg) from None
        return key

    def selector(self, name: str) -> str | None:
        """The name under which the key is published: of letters, digits and hyphens, as every name of a host."""
        value = self.text(name)
        if value is not None and not SELECTOR.fullmatch(value):
            raise WrongSetting(f"{PREFIX}{name} must be a name such as s3chem2026, not {value!r}.")
        return value
