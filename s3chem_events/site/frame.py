"""What every public page shares: languages, addresses, the funding statement."""

from typing import Any

from flask import abort, current_app, g, render_template, request

from s3chem_events.core.db import db
from s3chem_events.core.guard import settings
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.i18n import locale
from s3chem_events.core.text import DEFAULT, LANGUAGES, Said, Text
from s3chem_events.core.values import frozen
from s3chem_events.publishing import queries

LAST_KNOWN = "project"


@frozen
class Translated:
    """A text as a page shows it; `fallback_note` is empty where the words are in the page's language."""

    text: Any
    lang: str
    fallback_note: str = ""

    def __bool__(self) -> bool:
        """Whether there are words at all."""
        return bool(self.text)

    def __str__(self) -> str:
        """The words alone."""
        return str(self.text)


@frozen
class Funding:
    """The words beside the emblem."""

    statement: str
    programme: str
    approved: bool


@frozen
class Urls:
    """The addresses of the standing pages in one language."""

    home: str
    events: str
    news: str
    partners: str
    privacy: str
    imprint: str
    accessibility: str
    subscribe: str
    lost_link: str
    newsletter: str


def check_language() -> None:
    """Answer for a page in a language that is not ours as for one that does not exist."""
    if (request.view_args or {}).get("lang", DEFAULT) not in LANGUAGES:
        abort(404)


def render(template: str, *, lang: str, path: str | None = None, private: bool = False, **values: Any) -> str:
    """Render a public page; `path` is its address after the language, None for one that has no other language."""
    base = settings().base_url
    languages = [] if path is None else [(code, name, f"{base}/{code}{path}") for code, name in LANGUAGES.items()]
    values.setdefault("section", "")
    values.setdefault("language_form", "")
    return render_template(
        template,
        lang=lang,
        languages=languages,
        private=private,
        canonical="" if private or path is None else f"{base}/{lang}{path}",
        page_url=request.url,
        feed_url=f"/feed.atom?lang={lang}",
        urls=urls(lang),
        funding=funding(lang),
        **values,
    )


def urls(lang: str) -> Urls:
    """Return the standing addresses."""
    here = f"/{lang}"
    return Urls(
        home=f"{here}/",
        events=f"{here}/events/",
        news=f"{here}/news/",
        partners=f"{here}/partners",
        privacy=f"{here}/privacy",
        imprint=f"{here}/imprint",
        accessibility=f"{here}/accessibility",
        subscribe=f"{here}/events/#subscribe",
        lost_link=f"{here}/registrations/lost-link",
        newsletter=f"{here}/newsletter",
    )


def project() -> dict[str, Any]:
    """Return what the site says of the project; empty before any content is loaded."""
    if "project" not in g:  # a page asks several times, and the session keeps hold of no row
        document = queries.document("project")
        g.project = current_app.extensions[LAST_KNOWN] = document.data if document else {}
    found: dict[str, Any] = g.project
    return found


def go_without_database() -> None:
    """Let the page that tells of an outage say of the project what this process read last."""
    db.session.rollback()
    g.project = current_app.extensions.get(LAST_KNOWN, {})


def funding(lang: str) -> Funding:
    """Return the funding statement in a language, from its one setting."""
    data = project().get("funding", {})
    statement = Text(data.get("statement", {})).within(lang)
    return Funding(statement, data.get("programme", ""), bool(data.get("approved")))


def translated(value: Text, lang: str) -> Translated:
    """Return a text with a note where it falls back to another language."""
    return noted(value.said(lang), lang)


def noted(said: Said, lang: str) -> Translated:
    """Say to the reader in which language the words are, where it is not the page's."""
    if said.lang == lang or not said.text:
        return Translated(said.text, lang)
    name = locale(lang).languages.get(said.lang, said.lang)
    return Translated(said.text, said.lang, _("language: %(language)s", language=name))
