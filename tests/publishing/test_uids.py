"""A UID is made once and fits its column, however long the names of the event and of the host are."""

import re
from dataclasses import replace

import pytest
from flask import Flask

from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import OPERATOR
from s3chem_events.publishing import actions, values
from s3chem_events.publishing.facts import LONGEST_KEY, LONGEST_SLUG
from s3chem_events.publishing.models import LONGEST_UID, Event, Part
from tests.factories import PUBLIC_DAY, WORKSHOP


def test_a_uid_is_the_slug_something_random_and_the_host() -> None:
    one, other = (values.uid("workshop", "https://events.example.org") for _ in range(2))
    assert re.fullmatch(r"workshop-[0-9a-f]{16}@events\.example\.org", one)
    assert one != other


@pytest.mark.parametrize("host", ["events.example.org", ".".join(["a" * 60] * 4), "x" * 63 + ".example"])
def test_the_longest_names_still_fit(app: Flask, host: str) -> None:
    slug, key = "s" * LONGEST_SLUG, "k" * LONGEST_KEY
    facts = replace(WORKSHOP, slug=slug, parts=(PUBLIC_DAY, replace(PUBLIC_DAY, key=key)))
    with app.app_context(), transaction():  # PostgreSQL would refuse what is too long
        actions.add_event(facts, base_url=f"https://{host}", by=OPERATOR)
    with app.app_context():
        uids = [*db.session.scalars(db.select(Event.uid)), *db.session.scalars(db.select(Part.uid))]
    assert len(uids) == 3
    assert {len(uid) <= LONGEST_UID for uid in uids} == {True}
    assert len({*uids}) == 2  # the first part grows up out of the event's own entry
    for uid in uids:
        assert re.fullmatch(rf"s+[-sk]*-[0-9a-f]{{16}}@{host[-100:].lstrip('.')}", uid), uid
