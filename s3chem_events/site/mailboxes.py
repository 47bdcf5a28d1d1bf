"""A press below a link out of an e-mail: whoever made it reads the mailbox, which counts as confirmed from then on."""

from flask import abort, request
from flask.wrappers import Response
from werkzeug.utils import redirect
from werkzeug.wrappers import Response as BaseResponse

from s3chem_events.core.db import transaction
from s3chem_events.core.journal import PARTICIPANT
from s3chem_events.mailing import confirming
from s3chem_events.registration import links, queries
from s3chem_events.registration.delegation_queries import delegation_by_token
from s3chem_events.site.forms import PressForm
from s3chem_events.site.own import own

DONE = 303
"""With what the private pages answer a press that counted."""


@own.route("/<lang>/registrations/<token>/waiting-emails", methods=["POST"])
@own.route("/<lang>/delegations/<token>/waiting-emails", methods=["POST"])
def waiting_emails(lang: str, token: str) -> BaseResponse:
    """Let go of what is held back: that it was pressed is all that it takes."""
    if not PressForm().validate():
        abort(400)  # whose page says what to do: go back, and load the other one again
    whose = "delegations" if "/delegations/" in request.path else "registrations"
    return redirect(f"/{lang}/{whose}/{token}", DONE)


def read(address: str, purpose: str, token: str) -> None:
    """Confirm the mailbox before what is pressed is written down: the e-mail about it then says everything."""
    if links.was_mailed_to(address, purpose, token):
        confirming.confirm(address, by=PARTICIPANT)


@own.after_request
def _confirm(response: Response) -> Response:
    """Confirm the mailbox to which the link was sent that somebody pressed below: herself, as the form's token says."""
    # The fields alone: a file that came with them is another form's business.
    token = (request.view_args or {}).get("token", "")
    if request.method == "POST" and response.status_code == DONE and token and PressForm(request.form).validate():
        address = _mailed_to(token)
        if address:
            with transaction():
                confirming.confirm(address, by=PARTICIPANT)
    return response


def _mailed_to(token: str) -> str:
    """Return the address of a link that stood in an e-mail to it; empty where the form may have shown it."""
    for purpose, find in ((links.OWN_PAGE, queries.registration_by_token), (links.DELEGATION, delegation_by_token)):
        if links.opened(purpose, token) and (found := find(token)) is not None:
            return found.email if links.was_mailed_to(found.email, purpose, token) else ""
    return ""
