"""News: what there is, writing it in one language after the other, looking at it first, taking it off."""

from collections.abc import Iterator
from itertools import count
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, HiddenField, SelectChoice, SelectField, TextAreaField
from wtforms.validators import Length

from s3chem_events.core import i18n
from s3chem_events.core.clock import today
from s3chem_events.core.db import transaction
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.markdown import html
from s3chem_events.core.text import LANGUAGES, Said, Text
from s3chem_events.core.values import frozen
from s3chem_events.desk import asking
from s3chem_events.desk.fields import LONGEST_TITLE, Needed, clean, faulty, line, say, sensible, slug_of, spoken
from s3chem_events.desk.frame import allowed, by, desk
from s3chem_events.desk.texts import LONGEST_TEXT, tidy
from s3chem_events.publishing import news as pieces
from s3chem_events.publishing import queries
from s3chem_events.publishing.actions import Stale
from s3chem_events.publishing.lifecycle import LISTED
from s3chem_events.publishing.models import NewsItem

LONGEST_LEAD = 600
WORDS = ("title", "lead", "body")


class NewsForm(FlaskForm):
    """A piece of news in one language, its day, and the event that it tells about."""

    title = line(_l("Title"), longest=LONGEST_TITLE)
    lead = TextAreaField(_l("In short"), [Length(max=LONGEST_LEAD)], filters=[clean])
    body = TextAreaField(_l("Text"), [Length(max=LONGEST_TEXT)], filters=[tidy])
    published_on = DateField(_l("Date"), [Needed(), sensible], default=lambda: today("UTC"))
    event_id = SelectField(_l("Event that it tells about"), choices=lambda: list(_events()))
    seen = HiddenField()

    def of(self, item: NewsItem | None, language: str) -> dict[str, Any]:
        """Return the values of a piece of news, with the words of this form in its language."""
        known = {name: getattr(item, name) if item else Text() for name in WORDS}
        said = {name: spoken(text, language, self[name].data or "") for name, text in known.items()}
        return {**said, "published_on": self.published_on.data, "event_id": int(self.event_id.data or 0) or None}


@frozen
class Listed:
    """A piece of news in the list of the desk."""

    url: str
    title: Said
    day: str
    is_ahead: bool
    missing: list[str]


@desk.route("/news/")
@allowed("news.edit")
def news() -> ResponseReturnValue:
    """List all news, newest first, also what is dated ahead."""
    listed = [_listed(item) for item in pieces.every()]
    return render_template("desk/news/list.html", section="news", news=listed, languages=LANGUAGES)


@desk.route("/news/new", methods=["GET", "POST"])
@allowed("news.edit")
def news_new() -> ResponseReturnValue:
    """Write a piece of news, first in the organiser's own language."""
    form, language = NewsForm(), i18n.language()
    if _is_fit(form, needs_title=True) and not _looks():
        values = form.of(None, language)
        try:
            _ask(form, None, language)
        except asking.Unasked as unasked:
            return _page(form, None, language, questions=unasked.questions)
        with transaction():
            item = pieces.twin(**values) or pieces.publish(slug=_free(form.title.data or ""), **values, by=by())
        flash(_("Saved. Its words in further languages can follow."), "good")
        return redirect(url_for("desk.news_edit", news_id=item.id, language=language), 303)
    return _page(form, None, language)


@desk.route("/news/<int:news_id>/<language>", methods=["GET", "POST"])
@allowed("news.edit")
def news_edit(news_id: int, language: str) -> ResponseReturnValue:
    """Rewrite a piece of news in one language."""
    item = pieces.by_id(news_id)
    if item is None or language not in LANGUAGES:
        abort(404)
    form, refusal = NewsForm(data=_filled(item, language)), ""
    if _is_fit(form, needs_title=language == _main(item)) and not _looks():
        try:
            _ask(form, item, language)
            with transaction():
                item = pieces.by_id(news_id, lock=True) or abort(404)
                pieces.revise(item, seen=form.seen.data or "", by=by(), **form.of(item, language))
        except asking.Unasked as unasked:
            return _page(form, item, language, questions=unasked.questions)
        except Stale:
            item = pieces.by_id(news_id) or abort(404)
            refusal = _("Someone else has saved meanwhile. Compare with their text, then save again.")
            form.seen.data, form.seen.raw_data = pieces.version(item), None
        else:
            flash(_("Saved."), "good")
            return redirect(url_for("desk.news_edit", news_id=news_id, language=language), 303)
    return _page(form, item, language, refusal=refusal)


@desk.route("/news/<int:news_id>/removal", methods=["GET", "POST"])
@allowed("news.edit")
def news_removal(news_id: int) -> ResponseReturnValue:
    """Ask (GET) and take a piece of news off (POST)."""
    if request.method == "GET":
        item = pieces.by_id(news_id) or abort(404)
        return render_template(
            "desk/news/removal.html", section="news", item=item, title=item.title.said(i18n.language())
        )
    with transaction():
        pieces.take_off(pieces.by_id(news_id, lock=True) or abort(404), by=by())
    flash(_("It is taken off the site."), "good")
    return redirect(url_for("desk.news"), 303)


def _ask(form: NewsForm, item: NewsItem | None, language: str) -> None:
    """Ask before everybody can read a link to join.

    Raises:
        asking.Unasked.

    """
    before = {name: getattr(item, name).get(language, "") if item else "" for name in WORDS}
    texts = [(form[name].label.text, before[name], form[name].data or "") for name in WORDS]
    asking.check_texts(texts, queries.coming(queries.all_events()), confirmed=request.form.get("confirmed", ""))


def _page(
    form: NewsForm,
    item: NewsItem | None,
    language: str,
    *,
    refusal: str = "",
    questions: tuple[asking.Question, ...] = (),
) -> ResponseReturnValue:
    wrong = faulty(form)
    looks = form.is_submitted() and _looks() and not wrong
    values = form.of(item, language) if looks else {}
    page = render_template(
        "desk/news/edit.html",
        section="news",
        form=form,
        faulty=wrong,
        refusal=refusal,
        questions=questions,
        theirs=[item.title.get(language), item.lead.get(language), item.body.get(language)] if item and refusal else [],
        item=item,
        is_ahead=item is not None and item.published_on > today("UTC"),
        language=language,
        languages=LANGUAGES,
        main=_main(item) if item else language,
        preview={name: text.said(language) for name, text in values.items() if name in WORDS},
        preview_html=html(values["body"].within(language)) if looks else "",
        preview_day=i18n.short_range(values["published_on"], values["published_on"], language) if looks else "",
    )
    return page, 409 if refusal or questions else 422 if wrong else 200


def _looks() -> bool:
    """Whether the press was on "Preview": nothing is saved."""
    return request.form.get("do") == "preview"


def _is_fit(form: NewsForm, *, needs_title: bool) -> bool:
    if not form.is_submitted():
        return False
    fits = form.validate()
    if needs_title and not form.title.data and not form.title.errors:
        say(form.title, _("Please fill in: %(label)s.", label=form.title.label.text))
    return fits and not form.title.errors


def _events() -> Iterator[SelectChoice]:
    yield SelectChoice("", "–")
    for event in queries.all_events():
        if event.state in LISTED:
            yield SelectChoice(str(event.id), event.title.within(i18n.language()))


def _filled(item: NewsItem, language: str) -> dict[str, object]:
    said = {name: getattr(item, name).get(language, "") for name in WORDS}
    about = {"published_on": item.published_on, "event_id": str(item.event_id or "")}
    return {**said, **about, "seen": pieces.version(item)}


def _listed(item: NewsItem) -> Listed:
    language, day = i18n.language(), item.published_on
    return Listed(
        url=url_for("desk.news_edit", news_id=item.id, language=language),
        title=item.title.said(language),
        day=i18n.short_range(day, day, language),
        is_ahead=day > today("UTC"),
        missing=item.title.missing(),
    )


def _main(item: NewsItem) -> str:
    """Return the language in which a reader finds the piece where it is in no other."""
    return item.title.said("").lang or i18n.language()


def _free(title: str) -> str:
    """Return an address that no other piece of news has."""
    stem = slug_of(title) or "news"
    addresses = (stem if number == 1 else f"{stem}-{number}" for number in count(1))
    return next(slug for slug in addresses if not queries.has_news(slug))
