"""A file that somebody sent, given back to her: by the own link and after the code, to be saved and not opened."""

from flask import abort, redirect
from flask.wrappers import Response
from werkzeug.wrappers import Response as BaseResponse

from s3chem_events.core import storage
from s3chem_events.core.guard import SANDBOX
from s3chem_events.registration import answering, uploads
from s3chem_events.registration.file_types import MIME
from s3chem_events.site import answered, opened
from s3chem_events.site.own import own, registration_of


@own.route("/<lang>/registrations/<token>/files/<key>")
def own_file(lang: str, token: str, key: str) -> BaseResponse:
    """Give a file that stands among the answers; what was sent for a letter is never shown again."""
    registration = registration_of(lang, token)
    if not opened.is_open(registration):
        return redirect(f"/{lang}/registrations/{token}/code", 303)
    given = answering.of([registration.id]).get(registration.id, [])
    answer_id = next((one.id for one in given if one.question.key == key and answered.may_be_opened(one.question)), 0)
    upload = uploads.of_answer(answer_id)
    if upload is None or (content := storage.read(upload.name)) is None:
        abort(404)
    name = f"{registration.event.slug}-{registration.reference}-{key}.{upload.type}"
    response = Response(content, content_type=MIME[upload.type])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Content-Security-Policy"] = SANDBOX
    return response
