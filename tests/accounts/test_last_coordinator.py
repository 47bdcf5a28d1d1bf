"""Somebody can always manage the organisers, also when two take one another's rights at the same moment."""

import threading
import time
from collections.abc import Callable
from functools import partial

import pytest
from flask import Flask

from s3chem_events.accounts import actions, queries
from s3chem_events.accounts.roles import Role
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import OPERATOR
from tests.support.patience import PATIENCE
from tests.support.rivals import at_once


def two_take_one_anothers_rights(app: Flask, meanwhile: Callable[[], object]) -> list[str]:
    """Let each of two coordinators suspend the other; `meanwhile` holds the moment open in which the other may look."""
    with app.app_context(), transaction():
        ids = [actions.add(f"c{n}@s3chem.example", role=Role.COORDINATOR, by=OPERATOR).id for n in range(2)]
    results = []

    def suspend(organiser_id: int) -> None:
        with app.app_context():
            try:
                with transaction():
                    organiser = queries.organiser_by_id(organiser_id)
                    assert organiser is not None
                    actions.disable(organiser, by=OPERATOR)
                    db.session.flush()
                    meanwhile()
            except actions.LastCoordinator:
                results.append("refused")
            else:
                results.append("done")

    at_once(*(partial(suspend, organiser_id) for organiser_id in ids))
    return sorted(results)


def active_coordinators(app: Flask) -> int:
    with app.app_context():
        return len([one for one in queries.organisers() if one.active and one.role is Role.COORDINATOR])


def test_of_two_coordinators_who_suspend_one_another_one_stays(app: Flask) -> None:
    assert two_take_one_anothers_rights(app, partial(time.sleep, 0.05)) == ["done", "refused"]
    assert active_coordinators(app) == 1


@pytest.mark.postgres  # SQLite lets one writer in at a time: there the transaction itself is the lock
def test_without_the_lock_nobody_would_be_left(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def unlocked() -> set[int]:
        return {one.id for one in queries.organisers() if one.active and one.role is Role.COORDINATOR}

    monkeypatch.setattr(queries, "coordinator_ids_locked", unlocked)
    both = threading.Barrier(2, timeout=PATIENCE)
    assert two_take_one_anothers_rights(app, both.wait) == ["done", "done"]
    assert active_coordinators(app) == 0
