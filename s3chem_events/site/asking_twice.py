"""Asking twice: an address is asked back, and counts once its owner says yes. Followers and the newsletter alike.

GET asks, POST does, and the answer is the same whatever is known of an address.
"""

from collections.abc import Callable
from typing import Protocol, TypeVar

from flask.wrappers import Response
from flask_babel import lazy_gettext as _l
from wtforms import EmailField, StringField
from wtforms.validators import InputRequired

from s3chem_events.core import limits
from s3chem_events.core.db import transaction
from s3chem_events.core.guard import private
from s3chem_events.core.journal import VISITOR, Actor
from s3chem_events.mailing import typos
from s3chem_events.mailing.addresses import mailbox_digest
from s3chem_events.publishing import queries as publishing
from s3chem_events.site import own
from s3chem_events.site.fields import Form
from s3chem_events.site.forms import check_address, refuse_filled
from s3chem_events.site.lists import ListField
from s3chem_events.site.pages import contact

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)
T_co = TypeVar("T_co", covariant=True)


class Finder(Protocol[T_co]):
    """Finds whom a link belongs to."""

    def __call__(self, token: str, *, lock: bool = False) -> T_co | None: ...


class Deed(Protocol[T_contra]):
    """Does what was asked, for whom it was asked."""

    def __call__(self, found: T_contra, /, *, by: Actor) -> object: ...


class AddressForm(Form):
    """Asks for an address, and in which language to write to it."""

    email = EmailField(_l("E-mail address"), validators=[InputRequired(_l("Enter your e-mail address."))])
    language = ListField(_l("Language"))
    website = StringField(_l("Leave this field empty"))

    def validate_email(self, field: EmailField) -> None:
        """Accept one address."""
        check_address(field)

    def validate_website(self, field: StringField) -> None:
        """Only a robot fills what nobody sees."""
        refuse_filled(field)


def taken(form: AddressForm, name: str, ask: Callable[[str], None]) -> tuple[int, str]:
    """Take a form in, `ask(version of the privacy notice)`; returns 0, or a status and a sentence to show it with."""
    if not form.is_submitted():
        return 200, ""
    if not form.validate():
        return 422, own.press_again() if form.csrf_token.errors else ""
    try:
        limits.spend(limits.LINKS, name, limits.network())
        limits.spend(limits.ADDRESS, f"{name}-address", mailbox_digest(form.email.data))
    except limits.TooMany as refusal:
        return refusal.status, own.too_many()
    notice = publishing.document("privacy")
    version = str(notice.data.get("version", "")) if notice else ""
    with transaction():
        ask(version)
    return 0, ""


def asked_page(template: str, lang: str, path: str, form: AddressForm, **values: object) -> Response:
    """Say that an address is asked back, and which one may have been meant; the same whatever is known of it."""
    address = form.email.data or ""
    return private_page(
        template, lang, path, 200, address=address, meant=typos.meant(address), contact=contact(lang), **values
    )


def pressed(form: Form, find: Finder[T], token: str, deed: Deed[T]) -> bool:
    """Do a deed for whom a link belongs to, where its button was pressed; a second press changes nothing."""
    if not form.validate_on_submit():
        return False
    done(find, token, deed)
    return True


def done(find: Finder[T], token: str, deed: Deed[T]) -> None:
    """Do a deed for whom a link belongs to, if there is anybody any more."""
    with transaction():
        found = find(token, lock=True)
        if found is not None:
            deed(found, by=VISITOR)


def press_page(template: str, lang: str, path: str, form: Form, **values: object) -> Response:
    """Ask before something is pressed, or say why the press did not count."""
    refusal = own.press_again() if form.errors.get("csrf_token") else ""
    return private_page(template, lang, path, 422 if form.errors else 200, form=form, refusal=refusal, **values)


def private_page(template: str, lang: str, path: str | None, status: int = 200, **values: object) -> Response:
    """Render a page whose address holds a key."""
    return private(own.private_page(template, lang, path, status, **values))
