"""A stakeholder registers on a phone, 320 px wide: with and without JavaScript, in three languages, clumsily too."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.visitor import SEND, Person, Scales, Site, fill, fits, named, typed

pytestmark = pytest.mark.browser
FORM = "/en/events/final-conference/register"
KILOBYTE = 1000


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
@pytest.mark.parametrize(
    "lang, title, answer",
    [
        ("en", "S3Chem final conference", "You are registered."),
        ("fr", "Conférence finale S3Chem", "Votre inscription est enregistrée."),
        ("de", "S3Chem-Abschlusskonferenz", "Sie sind angemeldet."),
    ],
    ids=["en", "fr", "de"],
)
def test_a_stakeholder_finds_the_conference_registers_and_sees_what_is_stored(
    site: Site, open_page: Callable[..., Page], lang: str, title: str, answer: str, javascript: bool
) -> None:
    page = open_page(javascript=javascript)  # B1
    person = Person(f"phone-{lang}-{javascript}@park.example".lower())
    page.goto(f"{site.url}/{lang}/")
    fits(page)
    page.get_by_role("link", name=title).first.click()
    page.wait_for_url(f"**/{lang}/events/final-conference")
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)
    fits(page)
    page.locator('main a[href$="/register"]').first.click()
    page.wait_for_url("**/register")
    fits(page)
    assert page.locator("html").get_attribute("lang") == lang

    fill(page, person)
    page.locator(SEND).click()
    page.wait_for_url(f"{site.url}/{lang}/registrations/*")
    fits(page)
    shown = page.locator("main").inner_text()
    for value in (
        person.given_name,
        person.family_name,
        person.email,
        person.organisation,
        "atal",
        "S3C-",
        title,
        answer,
    ):
        assert value in shown, value
    assert page.locator('main a[href^="/calendar/"][href$=".ics"]').count() == 1
    assert site.stored(person.email) == [person.row(language=lang)]


def test_the_longest_address_and_a_hint_to_it_make_nobody_scroll_sideways(
    site: Site, open_page: Callable[..., Page]
) -> None:
    page = open_page(javascript=False)  # C4, C14
    person = Person("n" * 64 + "@gmial.com")
    page.goto(site.url + FORM.replace("/en/", "/pl/"))
    fill(page, person)
    page.locator(SEND).click()
    page.wait_for_url(f"{site.url}/pl/registrations/*")
    assert "gmail.com" in page.locator("main").inner_text()
    fits(page)
    page.goto(f"{page.url}/code")
    expect(page.locator("main form button", has_text=person.email)).to_be_visible()
    fits(page)


def test_at_most_eight_things_are_asked_each_with_the_right_keyboard(site: Site, page: Page) -> None:
    page.goto(site.url + FORM)  # B1
    required = page.locator("main form [required]").evaluate_all("all => all.map(e => e.name)")
    ways = page.locator('main [name^="mode-"]').evaluate_all("all => all.map(e => e.name)")
    assert len(set(required) | set(ways)) <= 8
    told = page.locator("main form input:visible, main form select:visible").evaluate_all(
        "all => Object.fromEntries(all.map(e => [e.name, [e.type, e.autocomplete]]))"
    )
    assert told["email"] == ["email", "email"]
    assert told["given_name"] == ["text", "given-name"]
    assert told["family_name"] == ["text", "family-name"]
    assert told["organisation"] == ["text", "organization"]
    unlabelled = page.locator("main form input:visible, main form select:visible").evaluate_all(
        "all => all.filter(e => !e.labels.length || !e.labels[0].innerText.trim()).map(e => e.name)"
    )
    assert unlabelled == []


def test_a_bad_line_carries_the_pages_quickly(site: Site, page: Page) -> None:
    scales = Scales(page)
    page.goto(f"{site.url}/en/events/final-conference", wait_until="networkidle")
    assert 10 * KILOBYTE < scales.on_the_wire() <= 100 * KILOBYTE, scales.list()
    assert 5 * KILOBYTE < scales.pages_and_styles() <= 50 * KILOBYTE
    page.context.clear_cookies()
    scales.reset()
    page.goto(site.url + FORM, wait_until="networkidle")
    assert 10 * KILOBYTE < scales.on_the_wire() <= 100 * KILOBYTE, scales.list()


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
def test_a_double_click_registers_once(site: Site, open_page: Callable[..., Page], javascript: bool) -> None:
    page = open_page(javascript=javascript)  # C1
    person = Person(f"double-{javascript}@park.example".lower())
    page.goto(site.url + FORM)
    fill(page, person)
    page.locator(SEND).dblclick()
    page.wait_for_url("**/en/registrations/*")
    expect(page.locator("main")).to_contain_text("S3C-")
    assert site.stored(person.email) == [person.row(language="en")]


def test_reloading_after_success_asks_nothing_and_stores_nothing(site: Site, page: Page) -> None:
    asked: list[str] = []  # C3
    page.on("dialog", lambda dialog: asked.append(dialog.message))
    person = Person("reload@park.example")
    page.goto(site.url + FORM)
    fill(page, person)
    page.locator(SEND).click()
    page.wait_for_url("**/en/registrations/*")
    with page.expect_request(page.url) as reloaded:
        page.reload()
    assert (reloaded.value.method, asked) == ("GET", [])
    assert len(site.stored(person.email)) == 1


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
def test_going_back_and_pressing_again_registers_nobody_twice(
    site: Site, open_page: Callable[..., Page], javascript: bool
) -> None:
    page = open_page(javascript=javascript)  # C3
    person = Person(f"back-{javascript}@park.example".lower())
    page.goto(site.url + FORM)
    fill(page, person)
    page.locator(SEND).click()
    page.wait_for_url("**/en/registrations/*")
    page.go_back()
    assert page.url == site.url + FORM
    fill(page, person)
    page.locator(SEND).click()
    expect(page.locator("main")).to_contain_text("registered")
    assert "S3C-" not in page.locator("main").inner_text() or "/registrations/" in page.url
    assert site.stored(person.email) == [person.row(language="en")]


def test_the_next_person_at_a_shared_computer_finds_an_empty_form(site: Site, page: Page) -> None:
    person = Person("shared@park.example")  # C3
    page.goto(site.url + FORM)
    fill(page, person)
    page.locator(SEND).click()
    page.wait_for_url("**/en/registrations/*")
    page.goto(site.url + FORM)
    assert typed(page) == dict.fromkeys(typed(page), "") | {"mode": [], "privacy": False}
    assert person.email not in page.content()


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
def test_switching_the_language_keeps_what_was_typed(
    site: Site, open_page: Callable[..., Page], javascript: bool
) -> None:
    page = open_page(javascript=javascript)  # B14
    person = Person(f"switch-{javascript}@park.example".lower())
    page.goto(site.url + FORM)
    fill(page, person)
    named(page, "country").select_option("ES")
    before = typed(page)
    page.locator("footer button", has_text="Français").click()
    page.wait_for_url("**/fr/events/final-conference/register")
    assert page.locator("html").get_attribute("lang") == "fr"
    assert typed(page) == before
    assert page.locator('[role="alert"]').count() == 0
    assert site.stored(person.email) == []
    page.locator(SEND).click()
    page.wait_for_url("**/fr/registrations/*")
    assert site.stored(person.email) == [person.row(language="fr")]  # and the e-mails are French


def test_the_enter_key_sends_the_form_and_no_language_switch(site: Site, page: Page) -> None:
    person = Person("enter@park.example")
    page.goto(site.url + FORM)
    fill(page, person)
    named(page, "organisation").press("Enter")
    page.wait_for_url("**/en/registrations/*")
    assert site.stored(person.email) == [person.row(language="en")]


def test_no_person_meets_the_trap_for_robots(site: Site, page: Page) -> None:
    page.goto(site.url + FORM)  # C24
    trap = named(page, "website")
    assert trap.evaluate("e => [e.tabIndex, e.autocomplete, e.getBoundingClientRect().right < 0]") == [-1, "off", True]
    assert "Leave this field empty" not in page.locator("body").aria_snapshot()
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.name"))
    assert {"given_name", "email", "privacy"} <= reached
    assert "website" not in reached


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
def test_whatever_is_pasted_stays_and_fills_no_trap(
    site: Site, open_page: Callable[..., Page], javascript: bool
) -> None:
    page = open_page(javascript=javascript)  # C24
    person = Person(f"paste-{javascript}@park.example".lower())
    page.goto(site.url + FORM)
    fill(page, person)
    wanted = typed(page)
    fields = page.locator("main form :is(input[type=text], input[type=email], input:not([type]))[autocomplete]:visible")
    names = [str(one.get_attribute("name")) for one in fields.all() if one.get_attribute("name") != "website"]
    assert {"given_name", "family_name", "email", "organisation"} <= set(names)
    for name in names:  # a password manager and an autofill write as a paste does: without a key for each letter
        for key in ("ControlOrMeta+a", "ControlOrMeta+x", "ControlOrMeta+v"):
            named(page, name).press(key)
    assert typed(page) == wanted
    assert named(page, "website").input_value() == ""
    page.locator(SEND).click()
    page.wait_for_url("**/en/registrations/*")
    assert site.stored(person.email) == [person.row(language="en")]


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
def test_refused_input_leads_from_the_summary_to_each_field(
    site: Site, open_page: Callable[..., Page], javascript: bool
) -> None:
    page = open_page(javascript=javascript)  # C4, H4
    person = Person("anna@firma", organisation="")
    page.goto(site.url + FORM)
    fill(page, person)
    kept = typed(page)
    with page.expect_response(lambda answer: answer.request.method == "POST") as answer:
        page.locator(SEND).click()
    assert answer.value.status == 422
    summary = page.locator('[role="alert"]')
    expect(summary).to_be_focused()
    fits(page)
    links = summary.locator("a")
    assert links.count() == 2
    for link in links.all():
        target = (link.get_attribute("href") or "").removeprefix("#")
        link.click()
        expect(page.locator(f'[id="{target}"]')).to_be_focused()
        told = page.locator(f'[id="{target}"]').get_attribute("aria-describedby") or ""
        words = " ".join(page.locator(f'[id="{name}"]').inner_text() for name in told.split())
        assert link.inner_text() in words
    assert typed(page) == kept
    mended = f"anna-{javascript}@firma.example".lower()
    named(page, "email").fill(mended)
    named(page, "organisation").fill("Firma")
    page.locator(SEND).click()
    page.wait_for_url("**/en/registrations/*")
    assert len(site.stored(mended)) == 1


@pytest.mark.parametrize(
    "person",
    [
        Person("l" * 64 + "@park.example", given_name="N" * 80, family_name="", organisation="O" * 200),
        Person(
            "rtl@park.example",
            given_name="محمد",
            family_name="عبد الله",
            organisation="مركز / Zentrum / Centre / Centro",
        ),
        Person(
            "markup@park.example", given_name="<b>&amp;</b>", family_name="{{ 7*7 }}", organisation='=HYPERLINK("x")'
        ),
    ],
    ids=["long", "right-to-left", "markup"],
)
def test_whatever_people_are_called_is_shown_as_typed_and_fits(site: Site, page: Page, person: Person) -> None:
    page.goto(site.url + FORM)  # C15, C16, C17
    fill(page, person)
    named(page, "privacy").uncheck()
    with page.expect_navigation():
        page.locator(SEND).click()
    fits(page)
    named(page, "privacy").check()
    page.locator(SEND).click()
    page.wait_for_url("**/en/registrations/*")
    fits(page)
    shown = page.locator("main").inner_text()
    for value in (person.given_name, person.family_name, person.organisation, person.email):
        assert value in shown
    assert site.stored(person.email) == [person.row(language="en")]
