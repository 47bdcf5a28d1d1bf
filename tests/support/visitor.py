"""A visitor with a real browser: what one sees, presses and types, and what the page weighs."""

import gzip
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from playwright.sync_api import Locator, Page, Response
from sqlalchemy.orm import joinedload, selectinload

from s3chem_events.core.db import db
from s3chem_events.registration.models import Participation, Registration

SEND = "main form button[type=submit]"
WIDER_THAN_THE_WINDOW = """() => [...document.querySelectorAll('body *')].filter(e =>
  e.getBoundingClientRect().right + scrollX > document.documentElement.clientWidth + 1 && !e.closest('[aria-hidden]')
).map(e => e.outerHTML.slice(0, 120)).slice(0, 5)"""
CUT_OFF = """() => [...document.querySelectorAll('main *')].filter(e => {
  const s = getComputedStyle(e);
  return ['hidden', 'clip'].includes(s.overflowX) && e.clientWidth > 2 && e.innerText?.trim()
    && (e.scrollWidth > e.clientWidth + 2 || e.scrollHeight > e.clientHeight + 2);
}).map(e => e.outerHTML.slice(0, 120))"""


@dataclass(frozen=True, slots=True)
class Site:
    """The served site with the sample content, and a look behind its curtain."""

    url: str
    app: Flask

    def stored(self, email: str) -> list[dict[str, Any]]:
        """Return what the database holds of an address, without what is drawn by lot."""
        with self.app.app_context():
            with_parts = selectinload(Registration.participations).options(joinedload(Participation.part))
            mine = db.select(Registration).filter_by(email=email).options(with_parts).order_by(Registration.id)
            found = db.session.scalars(mine)
            return [
                {
                    "given_name": row.given_name,
                    "family_name": row.family_name,
                    "organisation": row.organisation,
                    "organisation_type": row.organisation_type,
                    "country": row.country,
                    "region": row.region,
                    "language": row.language,
                    "parts": [(held.part.key, held.mode.value, held.standing.value) for held in row.participations],
                }
                for row in found
            ]


@dataclass(frozen=True, slots=True)
class Person:
    """Who registers. Each test has an address of its own, since all share one site."""

    email: str
    given_name: str = "Núria"
    family_name: str = "d’Ors i Żak"
    organisation: str = "Clúster Químic"
    organisation_type: str = "sme"
    region: str = "Catalonia"
    mode: str = "on_site"

    def row(self, *, language: str, **changes: Any) -> dict[str, Any]:
        """Return what is to be stored of her."""
        return {
            "given_name": self.given_name,
            "family_name": self.family_name,
            "organisation": self.organisation,
            "organisation_type": self.organisation_type,
            "country": "ES",
            "region": self.region,
            "language": language,
            "parts": [("day-2", self.mode, "confirmed")],
            **changes,
        }


def named(page: Page, name: str, value: str = "") -> Locator:
    """Find a field of the page's form by its name."""
    return page.locator(f'main [name="{name}"]' + (f'[value="{value}"]' if value else ""))


def fill(page: Page, person: Person) -> None:
    """Type and choose everything that is asked; nothing is sent."""
    named(page, "mode-day-2", person.mode).check()
    for name in ("given_name", "family_name", "email", "organisation"):
        named(page, name).fill(getattr(person, name))
    named(page, "organisation_type").select_option(person.organisation_type)
    named(page, "region").select_option(person.region)
    named(page, "privacy").check()


def typed(page: Page) -> dict[str, Any]:
    """Return what the form holds now."""
    names = ("given_name", "family_name", "email", "organisation", "organisation_type", "region", "country")
    return {name: named(page, name).input_value() for name in names} | {
        "mode": page.locator('main [name="mode-day-2"]:checked').evaluate_all("all => all.map(e => e.value)"),
        "privacy": named(page, "privacy").is_checked(),
    }


def fits(page: Page) -> None:
    """Nothing makes the reader scroll sideways."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, (page.url, wide, page.evaluate(WIDER_THAN_THE_WINDOW))


@dataclass
class Scales:
    """Weighs what a window loads: each answer once, as it came over the wire."""

    page: Page
    answers: list[Response] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("response", self._put)

    def _put(self, answer: Response) -> None:
        self.answers.append(answer)

    def reset(self) -> None:
        self.answers.clear()

    def on_the_wire(self) -> int:
        return sum(self.list().values())

    def list(self) -> dict[str, int]:
        return {f"{n}. {a.url}": a.request.sizes()["responseBodySize"] for n, a in enumerate(self.answers, start=1)}

    def pages_and_styles(self) -> int:
        """Return the bytes of HTML and CSS, each compressed."""
        wanted = [a for a in self.answers if a.request.resource_type in {"document", "stylesheet"}]
        return sum(len(gzip.compress(answer.body())) for answer in wanted)
