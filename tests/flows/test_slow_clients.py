"""Fifty clients that trickle their bodies at one process (R11): the others go on reading."""

import http.client
import socket
import threading
import time
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from tests.factories import add_event
from tests.support import servers

pytestmark = [pytest.mark.slow, pytest.mark.one_database, pytest.mark.counted_elsewhere]
SLOW = 50


def test_slow_bodies_do_not_stop_the_readers(app, environ):
    add_event(app)
    with servers.started("web", environ, "--workers", "1") as server:
        host = urlsplit(server.url).netloc
        head = (
            f"POST /en/events/conference/register HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5000\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n\r\ngiven_name="
        )
        address = (str(urlsplit(server.url).hostname), int(urlsplit(server.url).port or 80))
        slow = [socket.create_connection(address) for _ in range(SLOW)]
        stop = threading.Event()

        def trickle() -> None:
            while not stop.wait(0.3):
                for connection in slow:
                    connection.sendall(b"a")

        for connection in slow:
            connection.sendall(head.encode())
        trickler = threading.Thread(target=trickle)
        trickler.start()
        try:
            time.sleep(0.5)
            codes = []
            for path in ["/en/events/conference", "/en/events/conference/register"] * 5:
                with closing(http.client.HTTPConnection(host, timeout=20)) as reader:
                    reader.request("GET", path)
                    codes.append(reader.getresponse().status)
        finally:
            stop.set()
            trickler.join()
            for connection in slow:
                connection.close()
        assert codes == [200] * 10
