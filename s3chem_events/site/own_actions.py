"""What somebody can do about a registration, as a short list for the own page."""

from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.values import frozen
from s3chem_events.publishing import queries as publishing
from s3chem_events.registration import (
    actions,
    asking,
    changing,
    codes,
    history,
    modes,
    resending,
    substituting,
)
from s3chem_events.registration.models import Registration
from s3chem_events.site import opened

CHANGE, SUBSTITUTION, CONFIRMATION = "change", "substitution", "confirmation"
"""The last words of the addresses at which these are done."""


@frozen
class Action:
    """One thing that can be done: where, what it is called, and what it means."""

    url: str
    label: str
    hint: str
    is_end: bool = False


def offered(registration: Registration, own_url: str, *, openly: bool) -> list[Action]:
    """Return what a person can do now; who has withdrawn, or once the event is over, can look at most."""
    hidden = Action(f"{own_url}/code", _("Show what is hidden"), _("We send a code to your e-mail address for that."))
    is_hidden = not openly and codes.may_be_sent(registration) and _hides(registration)
    look = [hidden] if is_hidden else []
    if not changing.may_change(registration):
        return look
    by_code = openly or codes.may_be_sent(registration)
    found = [
        Action(
            f"{own_url}/{CHANGE}",
            _("Change what you told us"),
            _("Name, organisation, language and your answers; the e-mail address after a code.")
            if by_code
            else _("Name, organisation, language and your answers."),
        ),
        *look,
    ]
    if resending.may_resend(registration):
        found.append(
            Action(
                f"{own_url}/{CONFIRMATION}",
                _("Send the confirmation again"),
                _("The e-mail with your link and your calendar entry, once more."),
            )
        )
    if substituting.may_hand_over(registration) and (by_code or opened.may_act(registration)):
        found.append(
            Action(
                f"{own_url}/{SUBSTITUTION}",
                _("A colleague comes instead"),
                _("Your place goes to somebody else, whom you name; we ask for a code first.")
                if by_code
                else _("Your place goes to somebody else, whom you name."),
            )
        )
    if actions.may_withdraw(registration):
        end = _("If you withdraw, you can register again as long as registration is open.")
        if not publishing.open_parts(registration.event):
            end = _("Your registration is then withdrawn. For a day you can take it back.")
        elif modes.is_limited(registration):
            end = _(
                "If you withdraw, someone else can have your place. "
                "You can register again as long as places are available."
            )
        found.append(Action(f"{own_url}/withdrawal", _("Withdraw…"), end, is_end=True))
    return found


def _hides(registration: Registration) -> bool:
    """Whether something may be kept that the link alone does not show: by what is asked, for who answered is hidden."""
    asked = asking.asked_at(registration.event_id, retired=True)
    return bool(registration.phone) or any(map(history.is_guarded, asked)) or bool(history.comments(registration))
