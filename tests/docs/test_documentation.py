"""Every setting stands in docs/settings.md, and nothing there is made up."""

import re
from pathlib import Path

from s3chem_events.core.environment import NAMES

LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
DOCS = Path(__file__).parents[2] / "docs"


def test_each_setting_has_one_line_in_the_documentation() -> None:
    documented = re.findall(r"^\| `S3CHEM_(\w+)` \|", (DOCS / "settings.md").read_text("utf-8"), flags=re.MULTILINE)
    assert sorted(documented) == sorted(NAMES)


def test_links_between_the_documents_lead_to_files() -> None:
    root = DOCS.parent
    pages = [*root.glob("*.md"), *DOCS.rglob("*.md")]
    links = [(page, link) for page in pages for link in LINK.findall(page.read_text("utf-8"))]
    assert len(links) > 10
    broken = [f"{page.name} -> {link}" for page, link in links if not (page.parent / link).exists()]
    assert broken == []
