"""Settings from the environment. A wrong one stops the start with one sentence that names it."""

import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

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
    "INBOX_URL",
    "INBOX",
    "INBOX_TAGS",
    "AUTHSERV_ID",
    "TRUSTED_PROXIES",
    "LIMITS",
    "LOG_FORMAT",
    "METRICS",
)
DEFAULT_PORTS = {"tls": 465, "starttls": 587, "none": 25}
HIGHEST_PORT = 65_535
SHORTEST_SECRET = 32
ADDRESS = "address"
"""The file in the instance folder that keeps where the site was served last."""
MAILBOX = re.compile(r"[^\s<>@,;:\"]+@[^\s<>@,;:\"]+")
SQLITE = "sqlite:///"


class WrongSetting(Exception):
    """A setting is missing or wrong; the text names it and says what is expected."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where e-mails are handed over; `tls` is `starttls`, `tls` or `none`."""

    host: str
    port: int
    username: str | None
    password: str | None = field(repr=False)
    tls: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that differs between two installations."""

    instance: Path
    database_url: str = field(repr=False)
    queue_url: str = field(repr=False)
    limits_url: str = field(repr=False)
    base_url: str
    secret_key: str = field(repr=False)
    mail: MailServer | None
    mail_sender: str
    mail_rate: int | None
    inbox_url: str | None = field(repr=False)
    inbox_tags: bool
    authserv_id: str
    trusted_proxies: int
    limits: bool
    log_format: str
    metrics: bool

    @property
    def host(self) -> str:
        """The host (with its port, where one is written) that the site answers to."""
        return urlsplit(self.base_url).netloc

    @property
    def secure(self) -> bool:
        """Whether the site is reached over TLS."""
        return self.base_url.startswith("https://")

    @property
    def mailbox(self) -> Path:
        """The Maildir that keeps e-mails where no mail server is set."""
        return self.instance / "mailbox"

    @property
    def way_out(self) -> str:
        """The name under which it is noted how the mail server fares."""
        return f"{self.mail.host}:{self.mail.port}" if self.mail else "mailbox"

    @property
    def embedded(self) -> bool:
        """Whether the database is the built-in one."""
        return self.database_url.startswith(SQLITE)

    @property
    def database_file(self) -> Path:
        """The file of the built-in database."""
        return Path(self.database_url.removeprefix(SQLITE))


def load(environ: Mapping[str, str] | None = None, *, default_instance: Path | None = None) -> Settings:
    """Read the settings; `environ` replaces the process's environment and `.env`.

    Raises:
        WrongSetting: one sentence that names the setting.

    """
    if environ is None:
        environ = {**{k: v for k, v in dotenv_values(".env").items() if v is not None}, **os.environ}
    read = _Reader(environ)
    read.refuse_unknown()
    instance = Path(read.text("INSTANCE") or default_instance or Path.cwd() / "instance").resolve()
    _make_folder(instance)
    base_url = read.base_url("BASE_URL", _own_address(environ, instance))
    pushed = read.one_of("INBOX", ("pull", "push")) == "push"
    queue_url = read.url("QUEUE_URL", f"{SQLITE}queue.sqlite", (*DATABASES, "redis", "rediss"))
    return Settings(
        instance=instance,
        database_url=_driver(_placed(read.url("DATABASE_URL", f"{SQLITE}s3chem.sqlite", DATABASES), instance)),
        queue_url=_placed(queue_url, instance),
        limits_url=read.url("LIMITS_URL", "memory://", ("memory", "redis", "rediss")),
        base_url=base_url,
        secret_key=read.secret() or _kept_secret(instance),
        mail=_mail(read),
        mail_sender=read.mailbox("MAIL_SENDER") or "s3chem-events@" + (urlsplit(base_url).hostname or "localhost"),
        mail_rate=read.number("MAIL_RATE", None, least=1),
        inbox_url=read.inbox(),
        # Nobody would read what arrives at a tagged address where there is no inbox.
        inbox_tags=read.one_of("INBOX_TAGS", ("on", "off")) == "on" and (pushed or read.inbox() is not None),
        authserv_id=(read.text("AUTHSERV_ID") or "").lower(),
        trusted_proxies=read.number("TRUSTED_PROXIES", 0) or 0,
        limits=read.one_of("LIMITS", ("on", "off")) == "on",
        log_format=read.one_of("LOG_FORMAT", ("text", "json")),
        metrics=read.one_of("METRICS", ("off", "on")) == "on",
    )


INBOXES = {"imaps", "imap", "imap+starttls"}
DATABASES = ("sqlite", "postgresql", "postgres")


class _Reader:
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


def _mail(read: _Reader) -> MailServer | None:
    host = read.text("MAIL_SERVER")
    tls = read.one_of("MAIL_TLS", ("starttls", "tls", "none"))
    port = read.number("MAIL_PORT", DEFAULT_PORTS[tls], least=1, most=HIGHEST_PORT)
    if host is None:
        return None
    return MailServer(host, port or DEFAULT_PORTS[tls], read.text("MAIL_USERNAME"), read.text("MAIL_PASSWORD"), tls)


def _placed(url: str, instance: Path) -> str:
    """Put a SQLite file that is named without its folder into the instance folder, for whoever opens it."""
    scheme, _, rest = url.partition("://")
    return f"{SQLITE}{instance / rest.removeprefix('/')}" if scheme.startswith("sqlite") else url


def _driver(url: str) -> str:
    """Name psycopg 3 in a PostgreSQL address, which other tools write without it."""
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in {"postgres", "postgresql"} else url


def _make_folder(instance: Path) -> None:
    try:
        instance.mkdir(mode=0o700, parents=True, exist_ok=True)  # it will hold people's names
        if not any(path.name != ".gitkeep" for path in instance.iterdir()):
            with suppress(PermissionError):  # somebody else's folder, which we may use: doctor looks at it
                instance.chmod(0o700)
    except OSError as error:
        msg = f"{PREFIX}INSTANCE: the folder {instance} cannot be made ({error.strerror})."
        raise WrongSetting(msg) from error


def keep_address(settings: Settings) -> None:
    """Keep where the site is served, so that commands in another terminal print links that lead there."""
    (settings.instance / ADDRESS).write_text(settings.base_url + "\n")


def _own_address(environ: Mapping[str, str], instance: Path) -> str:
    """Return where the site is, as far as we know without being told: where it was served last."""
    kept = instance / ADDRESS
    if "PORT" not in environ and kept.is_file() and (address := kept.read_text().strip()):
        return address
    return "http://127.0.0.1:" + environ.get("PORT", "8000")


def _kept_secret(instance: Path) -> str:
    """Make the secret key once and keep it; several processes may start at the same moment."""
    path = instance / "secret_key"
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        kept = path.read_text().strip()
        if len(kept) < SHORTEST_SECRET:
            msg = f"{PREFIX}SECRET_KEY is unset and the file secret_key in the instance folder is too short."
            raise WrongSetting(msg) from None
        return kept
    except OSError as error:
        msg = f"{PREFIX}INSTANCE: nothing can be written in {instance} ({error.strerror})."
        raise WrongSetting(msg) from error
    secret = secrets.token_urlsafe(48)
    with os.fdopen(handle, "w") as file:
        file.write(secret)
    return secret
