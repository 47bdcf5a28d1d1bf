"""How we stand with those who take our e-mails: what large providers have asked since 2024 of who writes to many.

Each finding says in words what to set, to the very record to be published. What cannot be seen from here is said to be
unseen, and never to be well: a name service that does not answer, a signature that another server makes.
"""

from base64 import b64encode
from collections.abc import Callable, Iterator
from ipaddress import ip_address, ip_network
from typing import Any

import dns.exception
import dns.resolver
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from s3chem_events import spf
from s3chem_events.core.config import MailServer, Settings, Signing
from s3chem_events.mailing import addresses

Finding = tuple[bool | None, str]
"""Whether it is well, None where that cannot be seen, and a sentence."""
PATIENCE = 3.0
POLICIES = ("none", "quarantine", "reject")
OWN = tuple(map(ip_network, ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")))
LONGEST_STRING = 255
"""Of which a TXT record may hold several (RFC 1035 3.3.14)."""


class UnseenError(Exception):
    """The name service did not answer."""


class Names:
    """Asks the name service. What is not there is one thing, a service that does not answer another."""

    def __init__(self, resolver: dns.resolver.Resolver | None = None) -> None:
        """Ask the servers that this machine asks, unless told otherwise."""
        self._resolver, self._is_away = resolver, False

    def texts(self, name: str, beginning: str) -> list[str]:
        """Return the TXT records of a name that begin so, each put together from its strings."""
        found = [b"".join(record.strings).decode("utf-8", "replace") for record in self._ask(name, "TXT")]
        return [text for text in found if text.lower().replace(" ", "").startswith(beginning)]

    def exchangers(self, name: str) -> list[str]:
        """Return who takes the post of a domain; `.` says that nobody does (RFC 7505)."""
        return [str(record.exchange) for record in self._ask(name, "MX")]

    def addresses(self, name: str) -> list[str]:
        """Return the addresses of a host."""
        return [str(record) for kind in ("A", "AAAA") for record in self._ask(name, kind)]

    def hosts(self, address: str) -> list[str]:
        """Return the names of an address."""
        return [str(record).rstrip(".") for record in self._ask(ip_address(address).reverse_pointer, "PTR")]

    def _ask(self, name: str, kind: str) -> list[Any]:
        if self._is_away:
            raise UnseenError
        try:
            self._resolver = self._resolver or dns.resolver.Resolver()
            return list(self._resolver.resolve(name, kind, search=False, lifetime=PATIENCE))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.Timeout, dns.resolver.NoResolverConfiguration, OSError) as error:
            self._is_away = True  # each further question would take as long
            raise UnseenError from error
        except dns.exception.DNSException as error:
            raise UnseenError from error


def findings(settings: Settings, names: Names) -> Iterator[Finding]:
    """Look at everything in turn; nothing is asked where no mail server is set."""
    if settings.mail is None:
        return
    domain = addresses.mailable(settings.mail_sender).rpartition("@")[2].lower()
    yield _tls(settings.mail)
    yield _one_click(settings)
    if "." not in domain:
        yield False, f"Others know no domain {domain}: set S3CHEM_MAIL_SENDER to an address at a domain of yours."
        return
    checks: tuple[tuple[str, Callable[[Settings, str, Names], Finding]], ...] = (
        (f"who takes the post of {domain}", _post),
        (f"the SPF record of {domain}", _spf),
        (f"the DKIM record of {domain}", _dkim),
        (f"the DMARC record of {domain}", _dmarc),
        (f"the name of {settings.mail.host} in both directions", _reverse),
    )
    for what, check in checks:
        try:
            yield check(settings, domain, names)
        except UnseenError:
            yield None, f"The name service does not answer, so {what} could not be looked at."


def _tls(server: MailServer) -> Finding:
    if server.tls != "none":
        return True, "E-mails are handed over by TLS."
    if _is_private(server.host):
        return None, "E-mails are handed over without TLS on this machine; see that your server hands them on by TLS."
    return False, f"E-mails travel to {server.host} for all to read: set S3CHEM_MAIL_TLS to starttls or tls."


def _one_click(settings: Settings) -> Finding:
    if not settings.secure:
        return False, (
            "One-click unsubscribing needs https (RFC 8058): put TLS before the site and write it in S3CHEM_BASE_URL."
        )
    ways = "by https and by e-mail" if settings.inbox_tags else "by https, and without an inbox not by e-mail"
    if settings.signing:
        return True, f"Newsletters can be left with one click, {ways}; the signature covers it."
    return None, (
        f"Newsletters can be left with one click, {ways}. See that your mail server signs List-Unsubscribe and "
        "List-Unsubscribe-Post, too."
    )


def _post(_settings: Settings, domain: str, names: Names) -> Finding:
    exchangers = names.exchangers(domain)
    if exchangers == ["."] or not (exchangers or names.addresses(domain)):
        return False, f"Nobody takes the post of {domain}: answers and bounces are lost. Publish an MX record."
    return True, f"The post of {domain} is taken by {', '.join(sorted(exchangers)).rstrip('.') or domain}."


def _spf(settings: Settings, domain: str, names: Names) -> Finding:
    found = names.texts(domain, "v=spf1")
    host = settings.mail.host if settings.mail else ""
    if not found:
        what = f"ip{ip_address(host).version}:{host}" if _is_address(host) else f"a:{host}"
        what = "mx" if _is_private(host) else what
        return False, f'{domain} has no SPF record. Publish: {domain}. TXT "v=spf1 {what} ~all" (or what {host} says).'
    if len(found) > 1:
        return False, f"{domain} has {len(found)} SPF records, and receivers then heed none: leave one."
    terms = found[0].lower().split()
    if {"all", "+all"} & set(terms):
        return False, f"The SPF record of {domain} lets everybody send: end it with ~all or -all."
    if not any(term[1:] == "all" or term.startswith("redirect=") for term in terms):
        return False, f"The SPF record of {domain} says nothing of others: end it with ~all or -all."
    return _named(domain, host, found[0], names)


def _named(domain: str, host: str, record: str, names: Names) -> Finding:
    """Say whether the record of a domain names the mail server, as receivers find it out."""
    there = [one for one in ([host] if _is_address(host) else names.addresses(host)) if not _is_private(one)]
    if not there:
        return None, f"{domain} has an SPF record; see that it names where {host} sends from: {record}"
    walks = [spf.Walk(names, one) for one in there]
    try:
        unnamed = [walk for walk in walks if not walk.lets_send(domain)]
    except spf.BrokenError as fault:
        return False, f"The SPF record of {domain} is broken, and receivers then heed none: {fault}. It says: {record}"
    if not unnamed:
        return True, f"The SPF record of {domain} lets {host} send ({', '.join(there)})."
    addresses, unjudged = ", ".join(walk.address for walk in unnamed), unnamed[0].passed_over
    if unjudged:
        return None, f"Whether {domain} lets {addresses} send hangs on {unjudged[0]} in its SPF record: see there."
    return None, (
        f"The SPF record of {domain} does not name {addresses}, where {host} is. If your e-mails leave from there, put "
        f"a:{host} into it; if they leave from elsewhere, see that it names that: {record}"
    )


def _dkim(settings: Settings, domain: str, names: Names) -> Finding:
    if settings.dkim_selector is None:
        return None, (
            "Whether your mail server signs (DKIM) cannot be seen from here: set S3CHEM_DKIM_SELECTOR to its selector, "
            "or sign here with S3CHEM_DKIM_KEY."
        )
    name = f"{settings.dkim_selector}._domainkey.{domain}"
    found = [_tags(text)["p"] for text in names.texts(name, "") if "p=" in text]
    if len(found) > 1:
        return False, f"{name} has {len(found)} DKIM keys, and receivers may take any: leave one."
    if settings.signing:
        return _own_key(name, found, _public(settings.signing))
    if not any(found):
        return False, f"There is no DKIM key at {name}: publish there what your mail server signs with."
    return True, f"A DKIM key is published at {name}; see that your mail server signs with it."


def _own_key(name: str, found: list[str], ours: str) -> Finding:
    if found == [ours]:
        return True, f"E-mails are signed, and the key that others check them with is published at {name}."
    said = "stands another key than that of S3CHEM_DKIM_KEY" if any(found) else "stands no DKIM key"
    return False, f"At {name} {said}. Publish: {name}. TXT {_strings(f'v=DKIM1; k=rsa; p={ours}')}"


def _dmarc(settings: Settings, domain: str, names: Names) -> Finding:
    labels = domain.split(".")
    for start in range(len(labels) - 1):  # who has none of its own is under what stands above it
        above = ".".join(labels[start:])
        if found := names.texts(f"_dmarc.{above}", "v=dmarc1"):
            break
    else:
        record = f'_dmarc.{domain}. TXT "v=DMARC1; p=none; rua=mailto:{settings.mail_sender}"'
        return False, f"{domain} has no DMARC record. Publish: {record}"
    if len(found) > 1:
        return False, f"{above} has {len(found)} DMARC records, and receivers then heed none: leave one."
    policy = _tags(found[0]).get("p", "").lower()
    if policy not in POLICIES:
        return False, f"The DMARC record of {above} names no policy: write p=none, p=quarantine or p=reject into it."
    return True, (
        f"{above} has a DMARC policy, p={policy}. From, envelope{' and signature' if settings.signing else ''} "
        f"are all of {domain}, as it asks."
    )


def _reverse(settings: Settings, _domain: str, names: Names) -> Finding:
    host = settings.mail.host if settings.mail else ""
    found = [host] if _is_address(host) else names.addresses(host)
    if _is_private(host) or (found and all(_is_private(one) for one in found)):
        return None, f"{host} is in your own network: see there that the address it sends from has a name (PTR)."
    if not found:
        return False, f"{host} has no address: see S3CHEM_MAIL_SERVER."
    for address in found:
        named = names.hosts(address)
        if not named:
            return False, f"{address}, the mail server's, has no name: have whoever runs it set its PTR to {host}."
        if not any(address in names.addresses(one) for one in named):
            return False, f"{address} is called {named[0]}, which has another address: have one of the two changed."
    return True, f"The addresses of {host} have names, and the names these addresses."


def _tags(record: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in record.split(";"))
    return {name.strip().lower(): "".join(value.split()) for name, _, value in pairs}


def _public(signing: Signing) -> str:
    der = signing.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b64encode(der).decode()


def _strings(record: str) -> str:
    """Write a TXT record as zone files have it, in strings that are short enough."""
    return " ".join(f'"{record[at : at + LONGEST_STRING]}"' for at in range(0, len(record), LONGEST_STRING))


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_private(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and any(ip_address(host) in network for network in OWN))
