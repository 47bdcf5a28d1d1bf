"""The frame of the desk: one blueprint, and the rights in front of each of its views.

A view says what it needs, `@allowed("participants.export")`; one that says nothing is refused to everybody.
Views of one event carry its `slug` in their address: there the organiser must also be responsible for that event,
and an event that is somebody else's does not exist. Nor does a campaign (`campaign_id`) to people who are not hers, nor
an e-mail that came (`arrival_id`) about something else.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from flask import Blueprint, Flask, abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select

from s3chem_events.accounts import audit, roles, security
from s3chem_events.accounts.models import Organiser
from s3chem_events.campaigns import sending
from s3chem_events.campaigns.models import Campaign
from s3chem_events.campaigns.stages import TO_SUBSCRIBERS
from s3chem_events.core import guard, i18n
from s3chem_events.core.db import transaction
from s3chem_events.core.journal import VISITOR, Actor
from s3chem_events.core.values import frozen
from s3chem_events.mailing import received
from s3chem_events.publishing import queries as publishing
from s3chem_events.registration import answered

desk = Blueprint("desk", __name__, url_prefix="/desk")
DOORS = frozenset({"desk", "security"})
DESK_ZONE = "Europe/Brussels"
FARTHEST_PAGE = 100_000
ANYBODY = "anybody"
"""What sign-in pages declare: no account is needed."""

NOBODY = "nobody"
"""What a view declares that must not be reached at all."""

PERMISSIONS_OF_SECURITY = {  # Flask-Security's views; one that is missing here is refused
    "security.login": ANYBODY,
    "security.two_factor_token_validation": ANYBODY,
    "security.tf_select": ANYBODY,
    "security.two_factor_rescue": NOBODY,  # it would write to an administrator by an e-mail of its own
    "security.mf_recovery": ANYBODY,
    "security.wan_signin": ANYBODY,
    "security.wan_signin_response": ANYBODY,
    "security.verify": "account.own",
    "security.two_factor_setup": "account.own",
    "security.two_factor_setup_validate": "account.own",
    "security.mf_recovery_codes": "account.own",
    "security.wan_register": "account.own",
    "security.wan_register_response": "account.own",
    "security.wan_delete": "account.own",
    "security.wan_verify": "account.own",
    "security.wan_verify_response": "account.own",
}

View = TypeVar("View", bound=Callable[..., Any])


@frozen
class Place:
    """A line of the side bar; shown where its page exists and the organiser may open it."""

    endpoint: str
    label: str
    permission: str
    section: str


PLACES = (
    Place("desk.home", _l("Overview"), "dashboard.see", "home"),
    Place("desk.events", _l("Events"), "event.see", "events"),
    Place("desk.outbox", _l("Mail"), "outbox.see", "mail"),
    Place("desk.arrivals", _l("Incoming e-mail"), "arrivals.see", "mail"),  # of who sees no other mail
    Place("desk.campaigns", _l("Newsletter"), "campaigns.list", "newsletter"),
    Place("desk.news", _l("News"), "news.edit", "news"),
    Place("desk.site_texts_list", _l("Texts of the site"), "pages.edit", "pages"),
    Place("desk.organisers", _l("Organisers"), "organisers.see", "organisers"),
)


def allowed(permission: str) -> Callable[[View], View]:
    """Say which permission a view needs; nearest to the function, below the route."""
    if permission != ANYBODY and permission not in roles.PERMISSIONS:
        msg = f"{permission} is no permission of accounts.roles"
        raise ValueError(msg)

    def mark(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        return view

    return mark


def needed(app: Flask, endpoint: str) -> str | None:
    """Return the permission that an endpoint of the desk declares, or None where it declares nothing."""
    if endpoint.startswith("security."):
        return PERMISSIONS_OF_SECURITY.get(endpoint)
    declared: str | None = getattr(app.view_functions.get(endpoint), "permission", None)
    return declared


def me() -> Organiser:
    """Return the organiser who is signed in; only for views that need a permission."""
    found = security.organiser()
    if found is None:
        abort(401)
    return found


def by() -> Actor:
    """Return who causes a change, for the journal."""
    found = security.organiser()
    return VISITOR if found is None else Actor("organiser", found.id)


def may(permission: str) -> bool:
    """Whether the signed-in organiser has a permission, for what a page offers."""
    found = security.organiser()
    return found is not None and roles.may(found.role, permission)


def page_number() -> int:
    """Return the page of a list that is asked for; what is no such number is the first, and none is without end."""
    return max(1, min(request.args.get("page", 1, type=int), FARTHEST_PAGE))


def own_events_only() -> frozenset[int] | None:
    """Return the events that the organiser is bound to; None for one who sees every event."""
    organiser = me()
    return organiser.event_ids if roles.is_bound(organiser.role) else None


def arrivals_seen() -> Select[int] | None:
    """Return among which e-mails that came the organiser sees what waits; None for one who sees all of them."""
    own = own_events_only()
    return answered.arrivals_about(own) if own is not None else None


def writes_to(campaign: Campaign) -> bool:
    """Whether the organiser has to do with whom a campaign is for: subscribers, or the people of her own event."""
    if campaign.kind in TO_SUBSCRIBERS:
        return may("subscribers.see")
    own = own_events_only()
    return may("participants.write") and (own is None or campaign.event_id in own)


def guard_desk() -> ResponseReturnValue | None:
    """Ask before every request to the desk: who is it, may they do this, and is it their event."""
    if request.blueprint not in DOORS or request.endpoint is None:
        return None
    permission = needed(current_app, request.endpoint)
    if permission in {None, NOBODY}:
        abort(404)
    if request.blueprint == "security" and request.method == "POST":
        security.begin_writing()
    organiser = security.organiser()
    g.language = organiser.language if organiser is not None else None
    if permission == ANYBODY:
        return None
    if organiser is None:
        here = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("desk.sign_in", next=here if here != "/desk/" else None))
    _check(organiser, permission)
    return None


def _check(organiser: Organiser, permission: str) -> None:
    """Let pass, or refuse and note it."""
    status = _refusal(organiser, permission)
    if status is None:
        return
    with transaction():
        audit.note("desk.refused", by=by(), endpoint=request.endpoint, permission=permission, answer=status)
    abort(status)


def _refusal(organiser: Organiser, permission: str) -> int | None:
    """Refuse by role first, alike for every event, so that the answer tells nothing of events."""
    if not roles.may(organiser.role, permission):
        return 403
    asked = request.view_args or {}
    if "campaign_id" in asked:
        campaign = sending.campaign_by_id(asked["campaign_id"])
        return None if campaign is not None and writes_to(campaign) else 404
    if "arrival_id" in asked:
        own = arrivals_seen()
        return None if own is None or received.is_among(asked["arrival_id"], own) else 404
    slug = asked.get("slug")
    if slug is None:
        return None
    event_id = publishing.event_id(slug)
    foreign = roles.is_bound(organiser.role) and event_id not in organiser.event_ids
    return 404 if event_id is None or foreign else None


@desk.app_template_filter("desk_time")
def desk_time(moment: datetime) -> str:
    """Write a moment for the desk, which has organisers of several countries and therefore one stated zone."""
    return i18n.stamp(moment, DESK_ZONE, i18n.language())


def seal(response: Response) -> Response:
    """Mark every answer of the desk as private to this browser."""
    if request.blueprint in DOORS or request.path.startswith("/desk/"):
        guard.private(response)
        security.keep_alive()
        response.vary.add("Cookie")
    return response


def frame() -> dict[str, Any]:
    """Return what the frame of a desk page shows."""
    if request.blueprint not in DOORS:
        return {}
    organiser = security.organiser()
    places = [
        place
        for place in PLACES
        if organiser is not None
        and roles.may(organiser.role, place.permission)
        and place.endpoint in current_app.view_functions
    ]
    first = {place.section: place for place in reversed(places)}
    return {
        "lang": i18n.language(),
        "me": organiser,
        "may": may,
        "places": [place for place in places if first[place.section] is place],
        "private": True,
        "signed_in": organiser is not None,
    }
