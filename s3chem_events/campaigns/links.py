"""The own addresses of followers and subscribers: a signed number, nothing about the person, each for one thing.

Who is on the list is meant for as long as her row is there; a question is answered by the link of that question alone.
"""

import re

from s3chem_events.core import signing

CONFIRM = "follower-confirm"
LEAVE = "follower-leave"
LEAVE_BY_MAIL = "follower-leave-by-mail"
CONFIRM_SUBSCRIPTION = "subscriber-asked"
PREFERENCES = "subscriber-preferences"
LEAVE_NEWSLETTER = "subscriber-leave"
LEAVE_NEWSLETTER_BY_MAIL = "subscriber-leave-by-mail"
LONGEST_LOCAL = 64
"""Octets that may stand before the @ (RFC 5321 4.5.3.1.1)."""
TAGGED = re.compile(r"\+unsubscribe-([0-9a-f]{1,7})-([a-z2-7]{16})@", re.IGNORECASE)
TAGGED_NEWSLETTER = re.compile(r"\+unsubscribe-n([0-9a-f]{1,7})-([a-z2-7]{16})@", re.IGNORECASE)


def web_version(slug: str, *, language: str, base_url: str = "") -> str:
    """Return where everybody reads a newsletter that has gone out; nothing in it is about a person."""
    return f"{base_url}/{language}/newsletter/issues/{slug}"


def confirm(follower_id: int, *, language: str, base_url: str = "") -> str:
    """Return where the owner of an address says yes."""
    return f"{base_url}/{language}/updates/{signing.sign(CONFIRM, follower_id)}"


def leave(follower_id: int, *, language: str, base_url: str = "") -> str:
    """Return where a follower leaves: a page with a button, and a POST that needs nothing else (RFC 8058)."""
    return f"{base_url}/{language}/updates/{signing.sign(LEAVE, follower_id)}/leave"


def leave_by_mail(sender: str, follower_id: int) -> str:
    """Return the address to which an e-mail, whatever it says, takes a follower off the list; "" for too long a one."""
    return _tagged(sender, f"{follower_id:x}-{signing.tag(LEAVE_BY_MAIL, str(follower_id))}")


def who_leaves(address: str) -> int | None:
    """Return the number of the follower whom an address of ours takes off the list; None for any other address."""
    return _named(TAGGED, LEAVE_BY_MAIL, address)


def newsletter(*, language: str, base_url: str = "") -> str:
    """Return where anybody asks for the newsletter."""
    return f"{base_url}/{language}/newsletter"


def confirm_subscription(fact_id: int, *, language: str, base_url: str = "") -> str:
    """Return where the owner of an address says that the newsletter is wanted; `fact_id` is that of the question."""
    token = signing.sign(CONFIRM_SUBSCRIPTION, fact_id)
    return f"{base_url}/{language}/newsletter/confirmation/{token}"


def preferences(subscriber_id: int, *, language: str, base_url: str = "") -> str:
    """Return where a subscriber chooses language and topics; the page does not show the address."""
    return f"{base_url}/{language}/newsletter/preferences/{signing.sign(PREFERENCES, subscriber_id)}"


def leave_newsletter(subscriber_id: int, *, language: str, base_url: str = "") -> str:
    """Return where a subscriber leaves: a page with a button, and a POST that needs nothing else (RFC 8058)."""
    return f"{base_url}/{language}/newsletter/leave/{signing.sign(LEAVE_NEWSLETTER, subscriber_id)}"


def leave_newsletter_by_mail(sender: str, subscriber_id: int) -> str:
    """Return the address to which an e-mail ends a subscription; "" for too long a one."""
    return _tagged(sender, f"n{subscriber_id:x}-{signing.tag(LEAVE_NEWSLETTER_BY_MAIL, str(subscriber_id))}")


def who_leaves_the_newsletter(address: str) -> int | None:
    """Return the number of the subscriber whom an address of ours takes off the list; None for any other address."""
    return _named(TAGGED_NEWSLETTER, LEAVE_NEWSLETTER_BY_MAIL, address)


def ways_out(subscriber_id: int, *, language: str, base_url: str, sender: str = "") -> str:
    """Return what a newsletter's List-Unsubscribe holds: the page, and with a sender that takes tags an address."""
    page = leave_newsletter(subscriber_id, language=language, base_url=base_url)
    address = leave_newsletter_by_mail(sender, subscriber_id) if sender else ""
    return f"{page} mailto:{address}?subject=unsubscribe" if address else page


def _tagged(sender: str, tag: str) -> str:
    local, _, domain = sender.rpartition("@")
    tagged = f"{local}+unsubscribe-{tag}"
    return f"{tagged}@{domain}" if len(tagged.encode()) <= LONGEST_LOCAL else ""


def _named(pattern: re.Pattern[str], purpose: str, address: str) -> int | None:
    found = pattern.search(address)
    if found is None or not signing.is_tag(purpose, str(int(found[1], 16)), found[2]):
        return None
    return int(found[1], 16)
