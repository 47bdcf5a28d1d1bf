"""What the own page says of the answers that somebody gave, and of those that were not kept."""

from flask import session

from s3chem_events.core.i18n import gettext as _
from s3chem_events.registration import answering, asking, consenting, history
from s3chem_events.registration.models import Registration
from s3chem_events.registration.questions import NEEDS, Asked, Given, Kind, When

NOT_KEPT = "not_kept"
"""Where the visitor's own session holds what was typed and not kept: keys of questions, never the words."""


def remember_not_kept(registration: Registration, given: tuple[Given, ...]) -> None:
    """Note for the next page which needs were typed without the consent to keep them."""
    keys = [one.question.key for one in given if one.question.kind in NEEDS and one.value and not one.agreed]
    if keys:
        session[NOT_KEPT] = [registration.id, *keys]
    else:
        session.pop(NOT_KEPT, None)


def not_kept(registration: Registration, lang: str) -> str:
    """Say which need was not kept, and why, to the visitor who has just left the consent out."""
    noted = session.get(NOT_KEPT)
    if not isinstance(noted, list) or noted[:1] != [registration.id]:
        return ""
    asked = {one.key: one.label.within(lang) for one in asking.asked_at(registration.event_id)}
    labels = [asked[key] for key in noted[1:] if key in asked]
    if not labels:
        return ""
    return _(
        "Not kept: what you wrote under “%(questions)s”. You did not tick the box by which you agree to that. "
        "You are registered all the same.",
        questions=", ".join(labels),
    )


def not_shown() -> str:
    """Say of something that it is kept, without showing it."""
    return _("Kept, but not shown here: others may have this link.")


def rows(registration: Registration, lang: str, *, unlocked: bool = False) -> list[tuple[str, str, str]]:
    """Return the answers, question by question, and the key of a file that may be opened.

    What few may read is shown only to whoever has given the code.

    Who has not is told of every need alike, whether there is one or not: that there is one says something of health.
    What the entrance or a letter needs is never shown again, as its page promises (site.details); of a file is said
    that it is kept.
    """
    given = answering.concerning(registration, answering.of([registration.id]).get(registration.id, []))
    told = [
        (
            one.question.label.within(lang),
            not_shown() if history.is_guarded(one.question) and not unlocked else one.said(lang),
            one.question.key if unlocked and may_be_opened(one.question) else "",
        )
        for one in (given if unlocked else history.mentionable(given))
        if _is_named(one.question) and (unlocked or one.question.kind not in NEEDS)
    ]
    told += [
        (_("Written in your calendar"), words if unlocked else not_shown(), "")
        for words in history.comments(registration)
    ]
    perhaps = _("Not shown here, nor whether you told us anything: others may have this link.")
    said = {one.question.key for one in given} if unlocked else set()
    needs = [one for one in consenting.needs(registration) if one.key not in said]
    return told + [(one.label.within(lang), _("Nothing is kept.") if unlocked else perhaps, "") for one in needs]


def may_be_opened(question: Asked) -> bool:
    """Whether it asks for a file that its owner may open here."""
    return question.kind is Kind.FILE and question.when is When.REGISTERING


def _is_named(question: Asked) -> bool:
    return question.kind is Kind.FILE or question.when is When.REGISTERING
