"""Whether somebody has shown a moment ago who she is: what opens what is worth stealing."""

from datetime import timedelta

from flask_security.utils import check_and_update_authn_fresh, get_request_attr

FRESH = timedelta(minutes=10)


def is_fresh() -> bool:
    """Whether the organiser signed in, or confirmed it, within the last minutes; without a grace beyond them."""
    return bool(check_and_update_authn_fresh(FRESH, timedelta(0), get_request_attr("fs_authn_via")))
