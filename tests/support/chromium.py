"""A real Chromium for tests, the system's own: no download, and no word to any other host."""

import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--headless",
    "--no-sandbox",  # the tests may run as root in a container
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HOW = "make test installs it on Debian for root; elsewhere install Chromium or Google Chrome yourself"


def executable() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)
