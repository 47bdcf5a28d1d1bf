"""A name service of one's own: it answers by UDP what it is told, and stays silent on order."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import dns.message
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.rrset

from s3chem_events.standing import Names

Zone = Mapping[tuple[str, str], list[str]]
"""Name and kind -> records, as zone files write them."""


@contextmanager
def served(zone: Zone, *, silent: bool = False) -> Iterator[Names]:
    """Serve a zone; gives what asks there and nowhere else."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                asked, client = server.recvfrom(4096)
            except OSError:
                return
            if asked and not silent:
                server.sendto(_answer(zone, asked), client)
            elif not asked:
                return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], server.getsockname()[1]
    try:
        yield Names(resolver)
    finally:
        server.sendto(b"", server.getsockname())
        thread.join(5)
        server.close()


def _answer(zone: Zone, asked: bytes) -> bytes:
    question = dns.message.from_wire(asked)
    answer = dns.message.make_response(question)
    (one,) = question.question
    name, kind = one.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(one.rdtype)
    if records := zone.get((name, kind)):
        answer.answer.append(dns.rrset.from_text_list(one.name, 60, "IN", kind, records))
    elif not any(known == name for known, _ in zone):
        answer.set_rcode(dns.rcode.NXDOMAIN)
    return answer.to_wire()
