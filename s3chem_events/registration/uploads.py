"""Files in answer to questions: kept aside for an hour until the form is whole, then with the answer, and no longer.

A row says what a file is and whose; its contents lie in the instance folder under a name that says nothing.
"""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import ForeignKey, String
from sqlalchemy.event import listens_for
from sqlalchemy.orm import Mapped, Session, mapped_column

from s3chem_events.core import signing, storage
from s3chem_events.core.clock import now
from s3chem_events.core.db import NEVER_AGAIN, Model, UTCDateTime, db, stored
from s3chem_events.core.journal import Actor
from s3chem_events.core.values import frozen
from s3chem_events.registration.file_types import FileType
from s3chem_events.registration.models import Answer

HANDLE = "upload"
ASIDE = timedelta(hours=1)
"""So long a file waits for the rest of its form to be right."""
GONE = "gone files"
"""Under this name a session knows what to remove once it is committed."""
MOST_ASIDE = 200_000_000
"""Bytes, of all forms together."""


@frozen
class Sent:
    """A file that has just come, as it is to be kept."""

    type: FileType
    content: bytes


@frozen
class Aside:
    """A file that came with an earlier try of the same form."""

    id: int
    type: FileType
    size: int


class Upload(Model):
    """One file. Without an answer it waits until `pending_until`; what has neither is removed by the clock."""

    __tablename__ = "upload"
    __table_args__ = (NEVER_AGAIN,)

    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("question.id", ondelete="CASCADE"), index=True)
    answer_id: Mapped[int | None] = mapped_column(ForeignKey("answer.id", ondelete="SET NULL"), unique=True)
    name: Mapped[str] = mapped_column(String(32), unique=True)
    type: Mapped[FileType] = mapped_column(stored(FileType))
    size: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    came_at: Mapped[datetime] = mapped_column(UTCDateTime)
    pending_until: Mapped[datetime | None] = mapped_column(UTCDateTime)


def put_aside(question_id: int, sent: Sent) -> str | None:
    """Keep a file for an hour; returns the signed handle by which the next try names it, if there is room."""
    halves = Upload.answer_id.is_(None), Upload.pending_until.is_not(None)
    waiting = db.session.scalar(db.select(db.func.sum(Upload.size)).where(*halves)) or 0
    if waiting + len(sent.content) > MOST_ASIDE:
        return None  # whoever fills the disk with halves of forms costs others a second choice, and no more
    upload = _stored(question_id, sent)
    return signing.sign(HANDLE, [upload.id, question_id])


def aside(question_id: int, handle: str) -> Aside | None:
    """Return the file that a handle names; None for a handle that is none, another question's, used, or too old."""
    named = signing.read(HANDLE, handle) if handle else None
    if not isinstance(named, list) or named[1:] != [question_id]:
        return None
    upload = db.session.get(Upload, named[0])
    is_there = upload is not None and upload.answer_id is None and (upload.pending_until or now()) > now()
    return Aside(upload.id, upload.type, upload.size) if upload is not None and is_there else None


def bind(answer: Answer, given: Sent | Aside) -> bool:
    """Make a file part of an answer; False where it was taken by another one meanwhile, or removed."""
    if isinstance(given, Sent):
        upload: Upload | None = _stored(answer.question_id, given)
    else:
        upload = db.session.get(Upload, given.id, with_for_update=True)
    if upload is None or upload.answer_id is not None:
        return False
    answer.value = {"type": upload.type.value, "size": upload.size}
    db.session.add(answer)
    db.session.flush()
    upload.answer_id, upload.pending_until = answer.id, None
    return True


def of_answer(answer_id: int) -> Upload | None:
    """Return the file of an answer."""
    found: Upload | None = db.session.scalar(db.select(Upload).filter_by(answer_id=answer_id))
    return found


def let_go(registration_id: int, question_ids: Collection[int]) -> None:
    """Remove the files of answers that are about to go; their contents when that is sure."""
    mine = Answer.registration_id == registration_id, Answer.question_id.in_(question_ids)
    theirs = Upload.answer_id.in_(db.select(Answer.id).where(*mine))
    gone = db.session.scalars(db.delete(Upload).where(theirs).returning(Upload.name)).all()
    db.session().info.setdefault(GONE, []).extend(gone)


@listens_for(Session, "after_commit")
def _remove_gone(session: Session) -> None:
    storage.remove(session.info.pop(GONE, ()))


@listens_for(Session, "after_rollback")
def _keep_gone(session: Session) -> None:
    session.info.pop(GONE, None)


def sweep(*, by: Actor) -> int:  # noqa: ARG001 - the clock tells each duty by whom
    """Remove the files whose answer is gone or whose hour is over; returns how many. Again changes nothing."""
    orphan = Upload.answer_id.is_(None), db.or_(Upload.pending_until.is_(None), Upload.pending_until <= now())
    gone = list(db.session.scalars(db.delete(Upload).where(*orphan).returning(Upload.name)))
    storage.remove(gone)
    strays = storage.strays(set(db.session.scalars(db.select(Upload.name))))
    storage.remove(strays)
    return len(gone) + len(strays)


def _stored(question_id: int, sent: Sent) -> Upload:
    upload = Upload(
        question_id=question_id,
        name=secrets.token_hex(16),
        type=sent.type,
        size=len(sent.content),
        digest=sha256(sent.content).hexdigest(),
        came_at=now(),
        pending_until=now() + ASIDE,
    )
    storage.write(upload.name, sent.content)
    db.session.add(upload)
    db.session.flush()
    return upload
