"""Style sheets, scripts, pictures and fonts, answered before Flask from memory, with the headers of every other answer.

The web server could serve them past Python, but says neither `nosniff` nor a policy, and sends all of them anew.
"""

import gzip
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

ROUTE = "/static/"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".png": "image/png",
    ".woff2": "font/woff2",
}
"""What we ship; a machine's own table of types may say otherwise."""
FOREVER = "public, max-age=31536000, immutable"
A_DAY = "public, max-age=86400"


@dataclass(frozen=True)
class StaticFile:
    """One file of ours, plain and gzipped."""

    body: bytes
    kind: str

    @cached_property
    def digest(self) -> str:
        return sha256(self.body).hexdigest()[:10]

    @cached_property
    def gzipped(self) -> bytes | None:
        return gzip.compress(self.body, 9, mtime=0) if "charset" in self.kind else None


class StaticFiles:
    """All static files of this process, each read when it is first asked for, and anew when it was changed."""

    def __init__(self, folder: Path, headers: Mapping[str, str]) -> None:
        """Take the folder and what every answer says."""
        self.folder = folder
        self.headers = list(headers.items())
        self.names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.suffix in TYPES}
        self.read: dict[str, tuple[int, StaticFile]] = {}

    def find(self, name: str) -> StaticFile | None:
        """Return a file by its name below the folder; there are no others than those that were there at the start."""
        if name not in self.names:
            return None
        path = self.folder / name
        changed = path.stat().st_mtime_ns
        kept = self.read.get(name)
        if kept is None or kept[0] != changed:
            kept = self.read[name] = changed, StaticFile(path.read_bytes(), TYPES[path.suffix])
        return kept[1]

    def digest(self, name: str) -> str:
        """Return what tells a file's contents apart, for its address."""
        found = self.find(name)
        return found.digest if found else ""

    def before(self, inner: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
        """Answer what asks for a static file, in front of an application."""

        def middleware(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            path = environ["PATH_INFO"]
            if path.startswith(ROUTE) and environ["REQUEST_METHOD"] in {"GET", "HEAD"}:
                found = self.find(path[len(ROUTE) :])
                if found is not None:
                    status, headers, body = self._answer(found, environ)
                    start_response(status, headers)
                    return [body]
            return inner(environ, start_response)

        return middleware

    def _answer(self, file: StaticFile, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
        present = environ.get("QUERY_STRING") == f"v={file.digest}"  # while two versions run, neither keeps the other's
        body, etag, headers = file.body, f'"{file.digest}"', list(self.headers)
        if file.gzipped:
            headers.append(("Vary", "Accept-Encoding"))
            if "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
                body, etag = file.gzipped, f'"{file.digest}-gzip"'
                headers.append(("Content-Encoding", "gzip"))
        headers += [("Cache-Control", FOREVER if present else A_DAY), ("ETag", etag), ("Content-Type", file.kind)]
        if etag in environ.get("HTTP_IF_NONE_MATCH", ""):
            return "304 Not Modified", headers, b""
        headers.append(("Content-Length", str(len(body))))
        return "200 OK", headers, b"" if environ["REQUEST_METHOD"] == "HEAD" else body
