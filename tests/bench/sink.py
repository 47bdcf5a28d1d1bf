"""A mail server that takes everything and keeps nothing but the Message-IDs: what a sender is measured against."""

import asyncio
from multiprocessing import Process, Queue
from multiprocessing.queues import Queue as QueueType


class Sink(asyncio.Protocol):
    """SMTP as far as a sender needs it, with the pipelining (RFC 2920) that the usual servers offer."""

    taken = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.buffer, self.in_text = transport, b"", False
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        answers = b""
        while not self.transport.is_closing():
            end = b"\r\n.\r\n" if self.in_text else b"\r\n"
            head, found, rest = self.buffer.partition(end)
            if not found:
                break
            self.buffer = rest
            answers += self.answer(head)
        self.transport.write(answers)

    def answer(self, line: bytes) -> bytes:
        if self.in_text:
            self.in_text = False
            Sink.taken += 1
            return b"250 taken\r\n"
        verb = line[:4].upper()
        if verb == b"DATA":
            self.in_text = True
            return b"354 go on\r\n"
        if verb == b"QUIT":
            self.transport.write(b"221 bye\r\n")
            self.transport.close()
            return b""
        if verb == b"VRFY":
            return b"252 %d\r\n" % Sink.taken
        return b"250-sink\r\n250-PIPELINING\r\n250 SIZE 20000000\r\n" if verb == b"EHLO" else b"250 ok\r\n"


async def serve(ports: "QueueType[int]") -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
    ports.put(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def main(ports: "QueueType[int]") -> None:
    asyncio.run(serve(ports))


def start() -> tuple[Process, int]:
    """Run a sink in a process of its own; returns it and its port."""
    ports: QueueType[int] = Queue()
    process = Process(target=main, args=(ports,), daemon=True)
    process.start()
    return process, ports.get(timeout=10)
