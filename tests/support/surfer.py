"""A visitor over a real connection, who keeps cookies, follows redirects and fills forms; no screen, no application."""

import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from http.cookiejar import CookieJar


@dataclass(slots=True)
class Surfer:
    """Speaks to one served site."""

    base: str
    opener: urllib.request.OpenerDirector = field(
        default_factory=lambda: urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    )

    def get(self, path: str) -> tuple[str, str]:
        """Return the path that answered in the end, and its page."""
        return self._open(urllib.request.Request(self.base + path))

    def post(self, path: str, values: dict[str, str]) -> tuple[str, str]:
        """Send a form; returns the path that answered in the end, and its page."""
        return self._open(urllib.request.Request(self.base + path, urllib.parse.urlencode(values).encode()))

    def _open(self, request: urllib.request.Request) -> tuple[str, str]:
        try:
            with self.opener.open(request, timeout=20) as answer:
                return answer.url.removeprefix(self.base), answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.url.removeprefix(self.base), refused.read().decode()
