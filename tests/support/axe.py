"""axe looks at a page as people with other eyes do: narrow and wide, in the light and in the dark."""

from collections.abc import Callable
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WIDTHS = (320, 1280)
HEIGHT = 800
SCRIPT = Axe().axe_script
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
EVERYTHING = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
COLOURS = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
    "resultTypes": ["violations"],
}


def faults(page: Page, *, also: Callable[[Page], list[str]] = lambda _page: []) -> list[str]:
    """Look at a page; in the dark at the colours alone, for nothing else changes there. `also` looks at each width."""
    page.evaluate(SCRIPT)
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        for scheme, options in (("light", EVERYTHING), ("dark", COLOURS)):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            for fault in _violations(page, options):
                where = [node["html"][:120] for node in fault["nodes"][:3]]
                found.append(f"{page.url} {width} px {scheme}: {fault['id']}: {where}")
        found += [f"{page.url} {width} px: {each}" for each in also(page)]
    return found


def once(page: Page) -> list[str]:
    """Look at a page as it stands, in one pass: for pages made of what others have shown in each width and colour."""
    page.evaluate(SCRIPT)
    return [
        f"{page.url}: {fault['id']}: {[node['html'][:120] for node in fault['nodes'][:3]]}"
        for fault in _violations(page, EVERYTHING)
    ]


def _violations(page: Page, options: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate("options => axe.run(document, options)", options)["violations"]
    return found
