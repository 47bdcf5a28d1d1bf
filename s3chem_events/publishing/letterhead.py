"""Who writes our e-mails, as the project's document and the settings say."""

from s3chem_events.core.config import Settings
from s3chem_events.core.text import Text
from s3chem_events.mailing.letters import Letterhead
from s3chem_events.publishing import queries


def letterhead_of(given: Settings) -> Letterhead:
    """Return who writes, as the project's document says."""
    document = queries.document("project")
    project = document.data if document else {}
    return Letterhead(
        organisation=str(project.get("name", "S3Chem")),
        sender=given.mail_sender,
        contact=str(project.get("contact", {}).get("address") or ""),
        funding=Text(project.get("funding", {}).get("statement", {})),
        base_url=given.base_url,
        tags=given.inbox_tags,
    )
