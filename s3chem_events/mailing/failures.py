"""Recognises the e-mails that say that one of ours failed or is late: reports (RFC 3464), and the many that are none.

Only a machine's e-mails are looked at for the words of a bounce, since people quote and forward them. What flufl.bounce
knows is asked first; what it misses is told by its words, and by the headers of what comes back.
"""

import re
from dataclasses import replace
from email.iterators import body_line_iterator
from typing import TYPE_CHECKING, Any

from s3chem_events.core.later import Later
from s3chem_events.mailing import reading
from s3chem_events.mailing.kinds import Arrived, AutoReply, Bounce, Complaint, Delay
from s3chem_events.mailing.reading import Mail
from s3chem_events.mailing.weighing import DEAD, STATUS, best_status

if TYPE_CHECKING:
    import flufl.bounce as flufl
else:
    flufl = Later("flufl.bounce")  # its forty detectors take 50 ms to load, and few e-mails need them

LONGEST_REASON = 300
LONGEST_LINE = 2_000
"""RFC 5322 2.1.1 allows half of it."""
DAEMONS = re.compile(
    r"(mailer-?daemon|postmaster|mail-?daemon|mmdf|uucp|double-bounce|bounces?)([+-].*)?", re.IGNORECASE
)
PROGRAMS = re.compile(
    r"(?:mdaemon|ndr|imss)([+-].*)?|\W?system.administrator\W?|"
    r".*(?:mail[._-]?(?:delivery|system|service)|antivirus|smtp[._-]gateway).*",
    re.IGNORECASE,
)
"""Names of senders that are programs if their e-mail has the form of a bounce; people may have them, too."""
AWAY = re.compile(
    r"\s*(?:automatic reply|auto(?:matic)?[ -]?(?:reply|response|svar)|(?:i(?: a|')m )?out of (?:the )?office|"
    r"vacation (?:reply|message)|away from (?:the|my) (?:office|desk)|"
    r"automatische antwort|abwesenheit|(?:ich bin )?(?:nicht im büro|im urlaub)|réponse automatique|absence du bureau|"
    r"absente? du bureau|automatisch antwoord|afwezig|risposta automatica|fuori ufficio|respuesta automática|"
    r"fuera de la oficina|resposta automàtica|fora de l.oficina|odpowiedź automatyczna|autoodpowiedź|nieobecność)"
    r"\w*\s*(?:[:–(-]|$)",
    re.IGNORECASE,
)
SUBJECTS = re.compile(
    r"\s*(?:\[?warning\]?:?\s|permanent |automatically )?"
    r"(?:undeliver|mail (?:delivery|error|could not)|delivery (?:status|failure|notification|has failed|delayed)|"
    r"returned (?:e-?)?mail|failure notice|fail(?:ed|ure) (?:mail|delivery)|non.?delivery|"
    r"message (?:undeliver|could not)|"
    r"rejected mail|could not deliver|.{3,80} user unknown|unzustellbar|nicht zustellbar|zustellung|"
    r"non remis|échec (?:de la )?(?:remise|distribution)|message non distribué|onbestelbaar|niet bezorgd|"
    r"mancato recapito|impossibile recapitare|no (?:se )?(?:ha podido )?entrega|no entregado|no lliura|"
    r"nie dostarczon|niedostarczon|zwrot poczty)",
    re.IGNORECASE,
)
"""How the subjects begin that machines give a bounce. `Re:` and `Fwd:` before them are a person's."""
FAILED = re.compile(
    r"could not be (?:delivered|sent)|(?:un|non.?)deliver|cannot be delivered|(?:was|been) not delivered|not delivered|"
    r"delivery (?:to .{0,60} )?(?:has )?failed|unable to deliver|permanent(?:ly)? (?:error|fail|reject)|"
    r"user unknown|unknown user|no such (?:user|mailbox|recipient)|does ?n[o']t exist|"
    r"mailbox (?:is )?(?:full|unavailable)|"
    r"over (?:its )?quota|quota exceeded|mailbox not found|recipient (?:address )?rejected|"
    r"(?:konnte|kann) nicht zugestellt|unzustellbar|n.a pas pu [êe]tre (?:remis|distribu|d[ée]livr)|non remis|"
    r"kon niet worden (?:afgeleverd|bezorgd)|non (?:è stato|può essere) (?:recapitat|consegnat)|"
    r"no (?:se )?(?:ha podido|pudo) (?:ser )?entrega|no s.ha pogut (?:lliurar|entregar)|"
    r"nie (?:można|mógł|mogła|została?) .{0,20}dostarcz",
    re.IGNORECASE,
)
LATE = re.compile(
    r"will (?:be retried|continue to|keep (?:on )?trying)|delivery attempts will continue|do(?:es)? not need to resend|"
    r"(?:has been |is )(?:delayed|postponed)|still (?:trying|being retried)|wird weiter versucht|nieuwe poging",
    re.IGNORECASE,
)
COPY = re.compile(
    r"^[^\w\n]*(?:begin |start of |below this line |this is a copy|(?:the |your )?original message|"
    r"(?:copy|header|headers|transcript) of|returned (?:message|mail)|"
    r"message header|return-path:|received:|received from)",
    re.IGNORECASE | re.MULTILINE,
)
"""Where a bounce that is plain text begins to show what it returns."""
SIGN = r"[^\s@<>()\",;:\[\]]"
SIMPLE = re.compile(rf"(?<!{SIGN}){SIGN}+@{SIGN}+\.[a-z0-9-]{{2,}}", re.IGNORECASE)
"""Begins where a word begins: from within a long one each letter would be tried anew."""
CODE = re.compile(r"(?<![\d.])([45])[0-5]\d(?:[ -]|$)")
MOST_ADDRESSES = 20
COMPLAINTS = frozenset({"abuse", "fraud", "opt-out"})
"""Kinds of feedback by which a reader says that she does not want what we sent."""


def report(mail: Mail, recipients: tuple[str, ...]) -> Arrived | None:
    """Read a report (RFC 3462) on the fate of an e-mail: failed, delayed, delivered or read."""
    if mail.get_content_type() != "multipart/report":
        return None
    for part in reading.children(mail):
        kind = part.get_content_type()
        if kind in {"message/delivery-status", "message/global-delivery-status"}:
            found = _delivery(reading.blocks(part))
            if not isinstance(found, AutoReply | None):
                found = _bound(found, mail, recipients)
            return found
        if kind == "message/feedback-report":
            return _feedback(mail, part, recipients)
        if kind in {"message/disposition-notification", "message/global-disposition-notification"}:
            return _disposition(mail, part, recipients)
    return None


def bounce(mail: Mail, recipients: tuple[str, ...]) -> Arrived | None:
    """Recognise the many bounces that are no reports."""
    subject = reading.in_words(mail, "Subject")
    if not _is_a_machines(mail, subject):
        return None
    failed = reading.addresses([reading.header(mail, "X-Failed-Recipients")])
    words = reading.text(mail)
    status = best_status(words)
    if failed:
        reason = _sentence(words) or subject[:LONGEST_REASON]
        return _bound(Bounce(failed, not status.startswith("4"), status, reason), mail, recipients)
    return _known(mail, recipients, words) or _worded(mail, recipients, words)


def is_from_nobody(mail: Mail) -> bool:
    """Whether its envelope names no sender, as that of all automatic notices (RFC 5321 4.5.5)."""
    return "Return-Path" in mail and reading.header(mail, "Return-Path").replace(" ", "") in {"<>", "<MAILER-DAEMON>"}


def _is_a_machines(mail: Mail, subject: str) -> bool:
    """Whether a machine wrote an e-mail that may be a bounce: by its sender; else by its subject and one more sign."""
    sender = reading.sender_of(mail)
    local = sender.partition("@")[0]
    if DAEMONS.fullmatch(local) or mail.get_content_type() == "multipart/report":
        return True
    if is_from_nobody(mail):
        return not AWAY.match(subject)
    automatic = reading.header(mail, "Auto-Submitted").lower() not in {"", "no"} or "Precedence" in mail
    return bool(SUBJECTS.match(subject)) and (automatic or not sender or bool(PROGRAMS.fullmatch(local)))


def _known(mail: Mail, recipients: tuple[str, ...], words: str) -> Arrived | None:
    """Ask flufl.bounce."""
    if any(len(line) > LONGEST_LINE for line in body_line_iterator(mail)):  # over which its patterns take minutes
        return None
    temporary, permanent = flufl.all_failures(mail)
    if not temporary and not permanent:
        return None
    shown = COPY.split(words, maxsplit=1)[0]
    status = best_status(shown) or best_status(words)
    reason = _sentence(shown) or _sentence(words) or reading.in_words(mail, "Subject")[:LONGEST_REASON]
    if permanent:
        return _bound(Bounce(_decoded(permanent), not status.startswith("4"), status, reason), mail, recipients)
    return _bound(Delay(_decoded(temporary), status, reason), mail, recipients)


def _worded(mail: Mail, recipients: tuple[str, ...], words: str) -> Arrived | None:
    """Tell by the words of a notice what flufl.bounce does not know."""
    subject, shown = reading.in_words(mail, "Subject"), COPY.split(words, maxsplit=1)[0]
    if AWAY.match(subject) or not (FAILED.search(shown) or SUBJECTS.match(subject)):
        return None
    status = best_status(shown) or best_status(words)
    reason = _sentence(shown) or subject[:LONGEST_REASON]
    addresses = _named(shown, (*recipients, reading.sender_of(mail))) or _written_to(mail)
    if LATE.search(shown):
        return _bound(Delay(addresses, status, reason), mail, recipients)
    return _bound(Bounce(addresses, _is_permanent(status, shown), status, reason), mail, recipients)


def _delivery(blocks: list[Mail]) -> Bounce | Delay | AutoReply | None:
    """Read the recipients of a delivery status (RFC 3464 2.3)."""
    recipients = [
        block for block in blocks if reading.header(block, "Action") or reading.header(block, "Final-Recipient")
    ]
    actions = {_action(block): block for block in reversed(recipients)}
    for action in ("failed", "delayed"):
        if action not in actions:
            continue
        mine = [block for block in recipients if _action(block) == action]
        addresses = reading.unique(_recipient(block) for block in mine)[:MOST_ADDRESSES]
        reason = reading.header(actions[action], "Diagnostic-Code").partition(";")[2].strip()[:LONGEST_REASON]
        status = best_status(reading.header(actions[action], "Status"))
        if status.endswith(".0.0") or not status:
            status = best_status(f"{reason} {status}")
        if action == "failed":
            return Bounce(addresses, not status.startswith("4"), status, reason)
        return Delay(addresses, status, reason)
    return AutoReply("", "a receipt") if actions else None


def _disposition(mail: Mail, part: Mail, recipients: tuple[str, ...]) -> Arrived:
    """Tell a receipt (RFC 8098) from the refusal that some servers send in its dress: deleted by a rule."""
    block = next(iter(reading.blocks(part)), part)
    fate = reading.header(block, "Disposition").lower()
    words = f"{reading.in_words(mail, 'Subject')} {reading.text(mail)}".lower()
    if "automatic-action" in fate and "deleted" in fate and "reject" in words:
        sentence = _sentence(reading.text(mail))
        status = best_status(words)
        return _bound(
            Bounce(reading.unique((_recipient(block),)), not status.startswith("4"), status, sentence), mail, recipients
        )
    return AutoReply(reading.sender_of(mail), "a receipt")


def _feedback(mail: Mail, part: Mail, recipients: tuple[str, ...]) -> Arrived:
    """Tell the complaint of a reader (RFC 5965) from other reports of a provider: nothing of either is undelivered."""
    block = next(iter(reading.blocks(part)), part)
    if reading.header(block, "Feedback-Type").lower() not in COMPLAINTS:
        return AutoReply(reading.sender_of(mail), "a report on feedback")
    back = reading.returned(mail)
    written = [*reading.headers(block, "Original-Mail-From"), *(reading.headers(back, "Return-Path") if back else ())]
    named = reading.unique((*recipients, *reading.addresses(written)))
    return Complaint(reading.sender_of(mail), named[: reading.MOST_ADDRESSES])


def _action(block: Mail) -> str:
    action = reading.header(block, "Action").lower().partition(" ")[0] or "failed"
    return "failed" if action in {"failure", "fail"} else action


def _recipient(block: Mail) -> str:
    """Return whom it concerns: the address that we wrote to, rather than the one it was sent on to."""
    for name in ("Original-Recipient", "Final-Recipient"):
        kind, _, address = reading.header(block, name).rpartition(";")
        address = address.strip().strip("<>")
        if kind.strip().lower() in {"rfc822", "utf-8", ""} and is_plausible(address):
            return address
    return ""


def is_plausible(address: str) -> bool:
    """Whether something can be an address that we wrote to; cut ones `anna...@…` cannot."""
    return address.count("@") == 1 and ".." not in address and not address.startswith("@") and " " not in address


def _bound(found: Bounce | Delay, mail: Mail, recipients: tuple[str, ...]) -> Bounce | Delay:
    """Add what says which e-mail of ours it was."""
    return replace(found, recipients=recipients, returned=_returned_id(mail))


def _returned_id(mail: Mail) -> str:
    """Return the Message-ID of what comes back. Whoever was answered could write it into the headers of a notice."""
    back = reading.returned(mail)
    return reading.header(back, "Message-ID") if back is not None else ""


def _named(text: str, others: tuple[str, ...]) -> tuple[str, ...]:
    """Return the addresses that a notice names, ours and its own apart."""
    known = {other.lower() for other in others}
    domains = {other.rpartition("@")[2].lower() for other in others[-1:] if DAEMONS.fullmatch(other.partition("@")[0])}
    found = [a for a in map(_trimmed, SIMPLE.findall(text)) if a.lower() not in known and is_plausible(a)]
    mailed = [
        a for a in found if not (a.rpartition("@")[2].lower() in domains and DAEMONS.fullmatch(a.partition("@")[0]))
    ]
    return reading.unique(mailed)[:1]


def _trimmed(address: str) -> str:
    return address.strip(".'*>-")


def _written_to(mail: Mail) -> tuple[str, ...]:
    """Return whom the e-mail was for that comes back, unless a list had sent it on."""
    back = reading.returned(mail)
    if back is None or any(name in back for name in ("List-Id", "X-BeenThere")):
        return ()
    return tuple(filter(is_plausible, reading.addresses(reading.headers(back, "To"))))[:MOST_ADDRESSES]


def _sentence(text: str) -> str:
    """Return the line that says what went wrong."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    said = next((line for line in lines if CODE.search(line) or STATUS.search(line)), "")
    why = (line for pattern in (DEAD, FAILED) for line in lines if pattern.search(line))
    return (said or next(why, ""))[:LONGEST_REASON]


def _is_permanent(status: str, text: str) -> bool:
    code = CODE.search(text)
    return not (status or (code[1] if code else "5")).startswith("4")


def _decoded(addresses: set[bytes] | Any) -> tuple[str, ...]:
    found = (address.decode("utf-8", "replace") for address in addresses)
    return reading.unique(tuple(sorted(filter(is_plausible, found))))[:MOST_ADDRESSES]
