"""The first page of the desk: what comes next, how it stands, and what needs a hand."""

from flask import render_template
from flask.typing import ResponseReturnValue

from s3chem_events.desk.frame import allowed, desk


@desk.route("/")
@allowed("dashboard.see")
def home() -> ResponseReturnValue:
    """Show the overview."""
    return render_template("desk/home.html", section="home")
