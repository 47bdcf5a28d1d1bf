"""Settings from the environment. A wrong one stops the start with one sentence that names it."""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dotenv import dotenv_values

from s3chem_events.core.environment import PREFIX, SHORTEST_SECRET, Reader, WrongSetting
from s3chem_events.core.values import frozen

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

DEFAULT_PORTS = {"tls": 465, "starttls": 587, "none": 25}
HIGHEST_PORT = 65_535
ADDRESS = "address"
"""The file in the instance folder that keeps where the site was served last."""
SQLITE = "sqlite:///"


@frozen
class MailServer:
    """Where e-mails are handed over; `tls` is `starttls`, `tls` or `none`."""

    host: str
    port: int
    username: str | None
    password: str | None = field(repr=False)
    tls: str


@frozen
class Signing:
    """With what e-mails are signed (DKIM): a private key, and the name under which its public half is published."""

    selector: str
    key: "RSAPrivateKey" = field(repr=False)


@frozen
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
    mail_per_connection: int | None
    mail_connections: int | None
    signing: Signing | None
    dkim_selector: str | None
    inbox_url: str | None = field(repr=False)
    inbox_pushed: bool
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
    read = Reader(environ)
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
        mail_per_connection=read.number("MAIL_PER_CONNECTION", None, least=1),
        mail_connections=read.number("MAIL_CONNECTIONS", None, least=1),
        signing=_signing(read),
        dkim_selector=read.selector("DKIM_SELECTOR"),
        inbox_url=read.inbox(),
        inbox_pushed=pushed,
        # Nobody would read what arrives at a tagged address where there is no inbox.
        inbox_tags=read.one_of("INBOX_TAGS", ("on", "off")) == "on" and (pushed or read.inbox() is not None),
        authserv_id=(read.text("AUTHSERV_ID") or "").lower(),
        trusted_proxies=read.number("TRUSTED_PROXIES", 0) or 0,
        limits=read.one_of("LIMITS", ("on", "off")) == "on",
        log_format=read.one_of("LOG_FORMAT", ("text", "json")),
        metrics=read.one_of("METRICS", ("off", "on")) == "on",
    )


DATABASES = ("sqlite", "postgresql", "postgres")


def _mail(read: Reader) -> MailServer | None:
    host = read.text("MAIL_SERVER")
    tls = read.one_of("MAIL_TLS", ("starttls", "tls", "none"))
    port = read.number("MAIL_PORT", DEFAULT_PORTS[tls], least=1, most=HIGHEST_PORT)
    if host is None:
        return None
    return MailServer(host, port or DEFAULT_PORTS[tls], read.text("MAIL_USERNAME"), read.text("MAIL_PASSWORD"), tls)


def _signing(read: Reader) -> Signing | None:
    key, selector = read.signing_key("DKIM_KEY"), read.selector("DKIM_SELECTOR")
    if key is None:
        return None
    if selector is None:
        raise WrongSetting(f"{PREFIX}DKIM_KEY needs {PREFIX}DKIM_SELECTOR, the name that its public half stands under.")
    return Signing(selector, key)


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
