"""The registration form's waiting list: what is full is marked, and to send the form on is to agree to wait for it."""

from collections.abc import Iterable
from typing import Any

from wtforms import HiddenField

from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.i18n import language
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.publishing.models import Event, Part
from s3chem_events.publishing.words import modes as mode_words
from s3chem_events.registration.capacity import Full, Which


def in_words(event: Event, places: Iterable[Which], lang: str) -> str:
    """Name parts, each with how one attends."""
    titles, modes = {part.key: part.title.within(lang) for part in event.parts}, mode_words(lang)
    return ", ".join(f"{titles[key]} ({modes[Mode(mode)]})" for key, mode in places)


class Choosing:
    """What a form knows of the parts that it offers, and of those that are chosen."""

    event: Event
    parts: Any
    _fields: Any

    def offered(self) -> list[Part]:
        return [part for part in self.event.parts if part.key in {choice.value for choice in self.parts.choices}]

    def chosen(self) -> list[Part]:
        return [part for part in self.event.parts if part.key in (self.parts.data or [])]

    def mode_field(self, part: Part) -> Any:
        return self._fields.get(f"mode-{part.key}")

    def mode_of(self, part: Part) -> Mode:
        field = self.mode_field(part)
        return Mode(field.data) if field is not None else next(iter(part.capacities))


class Queueing(Choosing):
    """What a registration form knows of waiting; `queues` are the parts and modes that one can only wait for now.

    The hidden field `waiting` carries them: nobody waits who was not shown beforehand that he would.
    """

    waiting = HiddenField()
    queues: frozenset[tuple[str, Mode]] = frozenset()

    def show_waiting(self, queues: Iterable[tuple[str, Mode]]) -> None:
        """Mark what one can only wait for; to send the form on is to agree to that, and to that alone."""
        self.queues = frozenset(queues)
        self.waiting.data = " ".join(sorted(f"{key}:{mode.value}" for key, mode in self.queues))

    def waits(self, key: str, mode: str = "") -> bool:
        """Whether a part, or a mode of it, is marked so."""
        part = next(part for part in self.event.parts if part.key == key)
        asked = [Mode(mode)] if mode else list(part.capacities)
        return all((key, one) in self.queues for one in asked)

    def waits_for_chosen(self) -> str:
        """Return `all` where one would wait for all that is chosen, `some` for some of it; nothing where for none."""
        chosen = self.chosen()
        marked = [
            part for part in chosen if self.waits(part.key, self.mode_of(part).value if self._knows(part) else "")
        ]
        return "" if not marked else "all" if len(marked) == len(chosen) else "some"

    def may_wait(self) -> frozenset[tuple[str, str]]:
        """Return what the form that was sent had marked."""
        pairs = (pair.partition(":") for pair in (self.waiting.data or "").split())
        return frozenset((key, mode) for key, _colon, mode in pairs)

    def _knows(self, part: Part) -> bool:
        """Whether it is known how one would take part."""
        field = self.mode_field(part)
        return field is None or field.data in set(Mode)

    def full_sentence(self, refusal: Full) -> str:
        """Say what is full, and what a press would do about it."""
        titles = {part.key: part.title.within(language()) for part in self.event.parts}
        full = refusal.values["places"]
        free = [titles[part.key] for part in self.chosen() if (part.key, self.mode_of(part)) not in full]  # type: ignore[operator]
        may_wait = self.queues.issuperset(full)  # type: ignore[arg-type]
        asked = in_words(self.event, full, language())  # type: ignore[arg-type]
        return self.full_words(parts=asked, free=", ".join(free), may_wait=may_wait)

    def full_words(self, *, parts: str, free: str, may_wait: bool) -> str:
        if not may_wait:
            return _(
                "No places left: %(parts)s. You are not registered yet, but your entries have been kept. "
                "Choose another part or another way to attend, and submit the form again.",
                parts=parts,
            )
        if free:
            return _(
                "No places left: %(parts)s. You are not registered yet, but your entries have been kept. "
                "With one press you register for %(free)s and join the waiting list for the rest. "
                "Or choose differently.",
                parts=parts,
                free=free,
            )
        return _(
            "No places left: %(parts)s. You are not registered yet, but your entries have been kept. "
            "With one press you join the waiting list. Or choose differently.",
            parts=parts,
        )


class QueueingForSomebody(Queueing):
    """The same for somebody whom a contact registers, said to the contact."""

    def full_words(self, *, parts: str, free: str, may_wait: bool) -> str:
        """Say to the contact what is full, and what a press would do about it."""
        said = [
            _("No places left: %(parts)s.", parts=parts),
            _("Nobody has been added yet, and everything you typed has been kept."),
        ]
        if not may_wait:
            said.append(_("Choose another part or another way to attend, and submit the form again."))
        elif free:
            said.append(
                _("With one press you register this person for %(free)s, and they wait for the rest.", free=free)
            )
        else:
            said.append(_("With one press this person joins the waiting list."))
        return " ".join([*said, _("Or choose differently.")] if may_wait else said)
