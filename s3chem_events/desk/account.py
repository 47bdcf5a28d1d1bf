"""The organiser's own account."""

from flask import render_template
from flask.typing import ResponseReturnValue

from s3chem_events.desk.frame import allowed, desk


@desk.route("/account")
@allowed("account.own")
def account() -> ResponseReturnValue:
    """Show what belongs to the account."""
    return render_template("desk/account.html", section="account")
