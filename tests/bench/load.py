"""So many requests a second: wrk where it is installed, else a small client of our own on kept connections."""

import multiprocessing
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

CONNECTIONS = 16
CLIENTS = 2


def rate(url: str, headers: Mapping[str, str] | None = None, *, expect: int = 200, seconds: float = 3.0) -> float:
    """Return how many answers with the expected status came in a second."""
    headers = headers or {}
    connection, request = _opened(url, headers)
    status, size = _first_answer(connection, request)
    connection.close()
    if status != expect:
        raise RuntimeError(f"{url} answers {status}, not {expect}")
    wrk = shutil.which("wrk")
    return _by_wrk(wrk, url, headers, seconds) if wrk else _by_own(url, headers, size, seconds)


def client() -> str:
    return "wrk" if shutil.which("wrk") else "own client"


def _by_wrk(wrk: str, url: str, headers: Mapping[str, str], seconds: float) -> float:
    options = [option for name, value in headers.items() for option in ("-H", f"{name}: {value}")]
    command = [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{max(round(seconds), 1)}s", *options, url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx or 3xx" in said or "Socket errors" in said:
        raise RuntimeError(said)
    found = re.search(r"Requests/sec:\s*([\d.]+)", said)
    assert found is not None, said
    return float(found[1])


def _by_own(url: str, headers: Mapping[str, str], size: int, seconds: float) -> float:
    with multiprocessing.get_context("spawn").Pool(CLIENTS) as pool:
        return sum(pool.starmap(_drive, [(url, dict(headers), size, seconds)] * CLIENTS))


def _drive(url: str, headers: dict[str, str], size: int, seconds: float) -> float:
    """Ask on every connection, then read every answer, until the time is over; all answers are equally long."""
    opened = [_opened(url, headers) for _ in range(CONNECTIONS // CLIENTS)]
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        for connection, request in opened:
            connection.sendall(request)
        for connection, _ in opened:
            left = size
            while left > 0:
                left -= len(connection.recv(left) or _closed(url))
        count += len(opened)
    return count / (time.perf_counter() - start)


def _opened(url: str, headers: Mapping[str, str]) -> tuple[socket.socket, bytes]:
    parts = urlsplit(url)
    lines = [f"GET {parts.path}{'?' + parts.query if parts.query else ''} HTTP/1.1", f"Host: {parts.netloc}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    connection = socket.create_connection((parts.hostname, parts.port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection, ("\r\n".join(lines) + "\r\n\r\n").encode()


def _first_answer(connection: socket.socket, request: bytes) -> tuple[int, int]:
    """Return the status and the whole length of an answer."""
    connection.sendall(request)
    got = b""
    while b"\r\n\r\n" not in got:
        got += connection.recv(65536) or _closed("the server")
    head = got.partition(b"\r\n\r\n")[0]
    length = re.search(rb"(?i)content-length: (\d+)", head)
    status = int(head.split()[1])
    return status, len(head) + 4 + (int(length[1]) if length and status != 304 else 0)


def _closed(who: str) -> bytes:
    raise ConnectionError(f"{who} closed the connection")
