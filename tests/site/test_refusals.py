"""A refusal that no door has words of its own for is answered in words, too."""

import pytest
from flask import Flask

from s3chem_events.core.errors import Refused
from s3chem_events.desk import correcting_details
from s3chem_events.desk.correcting_details import CorrectionForm
from s3chem_events.registration.models import Registration
from s3chem_events.site import handing_over, own_details

pytestmark = pytest.mark.one_database


class Unforeseen(Refused):
    """A rule that is younger than the doors."""


def test_refusal_that_is_new_is_said_in_general_words(app: Flask) -> None:
    with app.test_request_context("/en/"):
        said = [
            own_details._sentence(Unforeseen()),
            handing_over._sentence(Unforeseen()),
            correcting_details._refused(Registration(), CorrectionForm(), Unforeseen())["fault"],
        ]
    assert said == ["This can no longer be changed here. Nothing has changed."] * 2 + ["Nothing was changed."]
