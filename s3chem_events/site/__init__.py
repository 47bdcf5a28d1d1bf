"""The public door: no account, signed links."""

from flask import Flask

from s3chem_events.core.config import Settings
from s3chem_events.site import pages


def open_door(app: Flask, settings: Settings) -> None:  # noqa: ARG001 - every door takes both
    """Hang the public pages in."""
    app.register_blueprint(pages.pages)
