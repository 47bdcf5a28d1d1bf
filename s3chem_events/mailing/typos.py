"""What somebody may have meant who mistyped the domain of an e-mail address; pure. A hint, never a refusal."""

NAMES = """
gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com icloud.com me.com mac.com aol.com
proton.me protonmail.com mail.com email.com ymail.com fastmail.com gmx.net gmx.com gmx.de gmx.at gmx.ch web.de
t-online.de freenet.de freemail.de mail.de posteo.de mailbox.org outlook.de hotmail.de yahoo.de orange.fr wanadoo.fr
free.fr laposte.net sfr.fr hotmail.fr yahoo.fr outlook.fr ziggo.nl kpnmail.nl planet.nl hetnet.nl home.nl xs4all.nl
hotmail.nl telenet.be skynet.be libero.it alice.it virgilio.it tiscali.it tin.it tim.it hotmail.it yahoo.it
telefonica.net hotmail.es yahoo.es outlook.es wp.pl onet.pl o2.pl op.pl interia.pl gazeta.pl poczta.onet.pl
"""
PROVIDERS = frozenset(NAMES.split())
"""Where many mailboxes are in the regions of the project."""
SHORT = 7
"""Domains of so few letters are near to each other: `me.com` to `we.com`. They are compared by turned letters alone."""
MOST_LETTERS = 60


def meant(address: str) -> str:
    """Return the address that was probably meant; nothing where the domain is known, or like none that is."""
    local, _, typed = address.rpartition("@")
    domain = typed.lower()
    if not local or domain in PROVIDERS or len(domain) > MOST_LETTERS:
        return ""
    near = [(distance(domain, known), known) for known in PROVIDERS if abs(len(known) - len(domain)) <= _most(known)]
    close = sorted(pair for pair in near if pair[0] <= _most(pair[1]))
    return f"{local}@{close[0][1]}" if close and _is_likely(domain, close[0][1]) else ""


def distance(a: str, b: str) -> int:
    """Return the fewest letters put in, left out, replaced or swapped with their neighbour (Damerau, restricted)."""
    older, old = [0] * (len(b) + 1), list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        new = [i]
        for j, y in enumerate(b, 1):
            best = min(old[j] + 1, new[j - 1] + 1, old[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                best = min(best, older[j - 2] + 1)
            new.append(best)
        older, old = old, new
    return old[-1]


def _most(known: str) -> int:
    return 1 if len(known) <= SHORT + 1 else 2


def _is_likely(domain: str, known: str) -> bool:
    """Whether the typed one is no domain of its own: short names, and other names under one's own country, are."""
    name, _, end = domain.partition(".")
    meant_name, _, meant_end = known.partition(".")
    if len(known) <= SHORT:
        return sorted(domain) == sorted(known)
    if name == meant_name:  # `gmail.co`, `gmail.cm`; yahoo.pl and gmx.li are mailboxes, too
        return end in {"co", "cm", "con", "cmo", "om", "vom", "comm", "ocm", "coma", "cim", "c"} or len(end) < len("de")
    return end == meant_end or distance(domain, known) == 1
