"""What the clock causes. It calls actions and rings the bell; it sends nothing."""

from s3chem_events.core import tasks


def tick() -> None:
    """Called each minute: what was put off is looked at again, and a bell that went unheard rings once more."""
    tasks.ring()
