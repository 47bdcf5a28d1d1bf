"""Killed in the midst of the work: what was acknowledged is stored, what was promised is sent, each once."""

import random
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import psutil
import pytest
import requests
from bs4 import BeautifulSoup
from flask import Flask

from s3chem_events.core.db import db
from s3chem_events.mailing.models import OutgoingEmail
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.registration.models import Registration
from tests.factories import CONFERENCE, FILLED, PUBLIC_DAY, add_event
from tests.support import servers
from tests.support.patience import tries
from tests.support.post_office import PostOffice
from tests.support.servers import Server

pytestmark = [pytest.mark.slow, pytest.mark.counted_elsewhere]
PEOPLE = 60
KILLS = 6
PATH = "/en/events/conference/register"


@dataclass
class Crowd:
    """People who press until they are answered, as people do; `acknowledged` holds whom the site told yes."""

    url: str
    acknowledged: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    def register(self, number: int) -> None:
        address = f"p{number}@x.example"
        session, form = requests.Session(), None
        for _ in tries():
            with suppress(requests.RequestException):
                form = form or self._open(session)
                answer = session.post(
                    self.url + PATH, data={**form, "email": address}, allow_redirects=False, timeout=15
                )
                if answer.status_code == 303:
                    self.acknowledged.add(address)
                    return
                if answer.status_code != 503:
                    self.faults.append(f"{address}: {answer.status_code}")
                    return
        self.faults.append(f"{address}: never answered")

    def _open(self, session: requests.Session) -> dict[str, Any]:
        page = BeautifulSoup(session.get(self.url + PATH, timeout=15).content, "html.parser")
        hidden = {str(one["name"]): str(one.get("value", "")) for one in page.select("main form input[type=hidden]")}
        return {**FILLED, **hidden}


def kill_now_and_then(server: Server, stop: threading.Event) -> Counter[str]:
    """Kill -9 a web process or the worker, in turn, until told to stop."""
    killed: Counter[str] = Counter()
    dice = random.Random(7)
    while not stop.is_set() and sum(killed.values()) < KILLS:
        with suppress(psutil.Error, IndexError):
            below = server.children()
            kind = ("web", "worker")[sum(killed.values()) % 2]
            web = [one for child in below for one in child.children()]
            worker = [child for child in below if not child.children()]
            victim = dice.choice(web if kind == "web" else worker)
            victim.kill()
            killed[kind] += 1
        stop.wait(dice.uniform(0.4, 1.2))
    return killed


def test_nothing_acknowledged_is_lost_and_nobody_is_written_to_twice_beyond_the_window(
    app: Flask, environ: dict[str, str], smtp_server: PostOffice
) -> None:
    room = replace(PUBLIC_DAY, capacity={Mode.ON_SITE: None, Mode.ONLINE: None})
    add_event(app, CONFERENCE, parts=(room,))
    post = servers.mailing_to(smtp_server.port)
    with servers.started("serve", {**environ, **post}) as server:
        crowd, stop = Crowd(server.url), threading.Event()
        killed: list[Counter[str]] = []
        killer = threading.Thread(target=lambda: killed.append(kill_now_and_then(server, stop)))
        killer.start()
        threads = [threading.Thread(target=crowd.register, args=(n,)) for n in range(PEOPLE)]
        for thread in threads:
            thread.start()
            time.sleep(0.08)
        for thread in threads:
            thread.join()
        stop.set()
        killer.join()
        assert crowd.faults == []
        assert len(crowd.acknowledged) == PEOPLE
        assert killed[0]["web"] >= 1
        assert killed[0]["worker"] >= 1
        _await_mail(app, smtp_server)
    with app.app_context():
        stored = list(db.session.scalars(db.select(Registration.email)))
        ids = {row[0]: row[1] for row in db.session.execute(db.select(OutgoingEmail.address, OutgoingEmail.message_id))}
    assert Counter(stored) == Counter(crowd.acknowledged)
    received = Counter(mail.recipients[0] for mail in smtp_server.mails)
    assert received.keys() == crowd.acknowledged
    doubled = {address: times for address, times in received.items() if times > 1}
    assert sum(doubled.values()) - len(doubled) <= killed[0]["worker"]  # one in flight for each killed worker
    for mail in smtp_server.mails:
        assert mail.message["Message-ID"].strip("<>") == ids[mail.recipients[0]].strip("<>")


def _await_mail(app: Flask, office: PostOffice) -> None:
    """The worker that was killed last comes back and sends what is left."""
    for _ in tries():
        if len({mail.recipients[0] for mail in office.mails}) == PEOPLE:
            return
    with app.app_context():
        states = Counter(str(state) for state in db.session.scalars(db.select(OutgoingEmail.state)))
    pytest.fail(f"{len(office.mails)} e-mails have come; the outbox says {states}")
