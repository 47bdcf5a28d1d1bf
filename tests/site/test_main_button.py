"""The main button of an event says for which days one registers, in each language, and never looks like a period."""

from dataclasses import replace
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.core.text import LANGUAGES
from tests.conftest import Clock
from tests.factories import PUBLIC_DAY, add_event, revise_event, soup

pytestmark = pytest.mark.one_database
DAY = replace(PUBLIC_DAY, key="day-1", starts=date(2027, 9, 9), ends=date(2027, 9, 9))
SAID = {
    "en": (
        "Register for 9 September",
        "Register for 9–10 September",
        "Register for 9 September and 25 November 2027",
    ),
    "de": (
        "Für den 9. September anmelden",
        "Für den 9.–10. September anmelden",
        "Für den 9. September und 25. November 2027 anmelden",
    ),
    "fr": (
        "S’inscrire pour le 9 septembre",
        "S’inscrire pour les 9–10 septembre",
        "S’inscrire pour les 9 septembre et 25 novembre 2027",
    ),
    "nl": (
        "Aanmelden voor 9 september",
        "Aanmelden voor 9–10 september",
        "Aanmelden voor 9 september en 25 november 2027",
    ),
    "it": (
        "Iscrizione per il giorno 9 settembre",
        "Iscrizione per i giorni 9–10 settembre",
        "Iscrizione per i giorni 9 settembre e 25 novembre 2027",
    ),
    "ca": (
        "Inscripció per al dia 9 de setembre",
        "Inscripció per als dies 9–10 de setembre",
        "Inscripció per als dies 9 de setembre i 25 de novembre del 2027",
    ),
    "es": (
        "Inscribirse para el 9 de septiembre",
        "Inscribirse para los días 9–10 de septiembre",
        "Inscribirse para los días 9 de septiembre y 25 de noviembre de 2027",
    ),
    "pl": (
        "Rejestracja na 9 września",
        "Rejestracja na dni 9–10 września",
        "Rejestracja na dni 9 września i 25 listopada 2027",
    ),
}


def test_the_button_names_a_day_a_run_of_days_and_days_that_lie_apart(app: Flask, client: FlaskClient, clock: Clock):
    assert set(SAID) == set(LANGUAGES)
    add_event(app, parts=(DAY,))
    shown: dict[str, list[str]] = {language: [] for language in LANGUAGES}
    for other in (None, date(2027, 9, 10), date(2027, 11, 25)):
        if other:
            revise_event(app, parts=(DAY, replace(PUBLIC_DAY, starts=other, ends=other)))
        clock.advance(minutes=1)
        for language, labels in shown.items():
            page = soup(client.get(f"/{language}/events/conference"))
            labels.append(" ".join(page.select_one("main a.button[href$='/register']").get_text().split()))
    assert {language: tuple(labels) for language, labels in shown.items()} == SAID
