"""Files in answer to questions: given to those who may read the answer, as attachments, and each time noted."""

from flask import Response, abort

from s3chem_events.core import storage
from s3chem_events.core.guard import SANDBOX
from s3chem_events.desk import downloads
from s3chem_events.desk.events import the_event
from s3chem_events.desk.frame import allowed, desk, may
from s3chem_events.registration import answering, uploads
from s3chem_events.registration.file_types import MIME
from s3chem_events.registration.questions import Readers

NEEDED = {
    Readers.ORGANISERS: "answers.see",
    Readers.CATERER: "needs.see",
    Readers.ACCESSIBILITY: "needs.see",
    Readers.GATE: "gate.export",
    Readers.LETTER: "gate.export",
}
"""What opens a file, by who is told the answers."""


@desk.route("/events/<slug>/answers/<int:answer_id>/file")
@allowed("answers.see")
def answer_file(slug: str, answer_id: int) -> Response:
    """Give a file to be saved, under a name of ours; a browser is to open nothing of it here."""
    found = the_event(slug)
    answer = answering.answer_of(found.id, answer_id)
    upload = uploads.of_answer(answer_id) if answer is not None else None
    if answer is None or upload is None or (content := storage.read(upload.name)) is None:
        abort(404)
    needed = NEEDED[answer.question.readers]
    if not may(needed):
        abort(403)
    if needed == "gate.export":
        downloads.fresh_only()
    name = f"{slug}-{answer.registration.reference}-{answer.question.key}.{upload.type}"
    data = {"event": found.id, "upload": upload.id, "digest": upload.digest}
    response = downloads.file(content, name, content_type=MIME[upload.type], noted="file.downloaded", **data)
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
