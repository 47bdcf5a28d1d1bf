"""E-mails on the narrowest phone: whatever stands in them, nothing has to be pushed sideways."""

import pytest
from flask import Flask
from playwright.sync_api import Browser

from s3chem_events.core.db import transaction
from s3chem_events.publishing.actions import keep_document
from tests.factories import add_event
from tests.support.post import enrol, kept, work

pytestmark = pytest.mark.browser


def test_an_eighty_letter_name_does_not_widen_a_mail(app: Flask, browser: Browser):
    with app.app_context(), transaction():
        keep_document("project", {"name": "S3Chem", "contact": {"address": "contact@s3chem.example"}})
    add_event(app)
    enrol(app, given_name="Ł" * 40, family_name="W" * 80, organisation="O" * 90, email=f"{'a' * 60}@park.example")
    work(app)
    (mail,) = kept(app)
    page = browser.new_page(viewport={"width": 320, "height": 640})
    page.set_content(mail.html)
    width = page.evaluate("document.documentElement.scrollWidth")
    page.close()
    assert width == 320
