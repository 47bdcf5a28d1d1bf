"""What Prometheus asks for: the requests, the outbox, the queue and when the worker last looked at the clock."""

from collections.abc import Iterator

from flask import Blueprint
from flask.wrappers import Response

from s3chem_events.core import metrics, tasks
from s3chem_events.core.metrics import gauge
from s3chem_events.mailing import queries
from s3chem_events.mailing.letters import State

watched = Blueprint("watched", __name__)


@watched.route("/metrics")
def page() -> Response:
    """Everything that is measured, in Prometheus' text format 0.0.4."""
    lines = [*metrics.requests(), *_outbox(), *_queue()]
    return Response("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")


def _outbox() -> Iterator[str]:
    counts = queries.counts()
    yield "# HELP s3chem_emails E-mails of the outbox by their state."
    yield "# TYPE s3chem_emails gauge"
    yield from (f's3chem_emails{{state="{state}"}} {counts.get(state, 0)}' for state in State)
    count, seconds = queries.due()
    yield from gauge("s3chem_emails_due", "E-mails that could leave now.", count)
    yield from gauge("s3chem_emails_due_seconds", "For how long the first of them has been due.", round(seconds, 3))
    held = queries.held_count()
    yield from gauge("s3chem_emails_held", "E-mails held back so that no mailbox is flooded.", held)
    yield from gauge("s3chem_facts_unwritten", "Facts that could not be made e-mails.", len(queries.unwritten()))


def _queue() -> Iterator[str]:
    up = tasks.ready()
    yield from gauge("s3chem_queue_up", "Whether the queue answers.", int(up))
    if up:
        yield from gauge("s3chem_queue_pending", "Rings of the bell that no worker has heard yet.", tasks.pending())
        tick = tasks.last_tick()
        said = "When a worker last looked at the clock, in seconds since 1970; 0 for never."
        yield from gauge("s3chem_last_tick_seconds", said, tick.timestamp() if tick else 0)
