"""When no e-mail leaves: since when, why, how many wait and when the server is asked again, in plain words."""

from datetime import datetime

from flask_babel import ngettext

from s3chem_events.core.clock import now
from s3chem_events.core.guard import settings
from s3chem_events.core.i18n import gettext as _
from s3chem_events.desk.frame import desk, desk_time
from s3chem_events.mailing import queries


def sentences() -> list[str]:
    """Return what there is to say of the mail server; nothing while it answers."""
    outage = queries.outage(settings().way_out)
    if outage is None:
        return []
    since, reason = desk_time(outage.since), in_words(outage.trouble).rstrip(".")
    next_try = _("The next try is at %(moment)s.", moment=desk_time(outage.next_try_at))
    if outage.next_try_at <= now():
        next_try = _("The next try is now.")
    waiting = queries.waiting_count()
    return [
        _("The mail server has not responded properly since %(moment)s: %(reason)s.", moment=since, reason=reason),
        ngettext("%(num)s e-mail is waiting.", "%(num)s e-mails are waiting.", waiting),
        next_try,
    ]


@desk.app_template_filter("in_words")
def in_words(text: str) -> str:
    """Return what a system call's error means to a person; a mail server's own words stay as they are."""
    low = text.lower()
    return next((said for sign, said in _meanings() if sign in low), text)


@desk.app_template_filter("next_try")
def next_try(moment: datetime) -> str:
    """Return when an e-mail is tried next; what is due already is tried as soon as the server takes it."""
    return desk_time(moment) if moment > now() else _("as soon as possible")


def _meanings() -> list[tuple[str, str]]:
    unknown = _("the server’s name is not known; see S3CHEM_MAIL_SERVER")
    unreachable = _("the network does not lead to the server")
    broken = _("the server broke the connection off")
    return [
        ("connection refused", _("the server refuses the connection")),
        ("timed out", _("the server does not answer in time")),
        ("name or service not known", unknown),
        ("name resolution", unknown),
        ("no address associated", unknown),
        ("network is unreachable", unreachable),
        ("no route to host", unreachable),
        ("certificate", _("the server’s certificate is not valid")),
        ("(535 ", _("the server does not accept our name and password")),
        ("connection reset", broken),
        ("broken pipe", broken),
        ("unexpectedly closed", broken),
    ]
