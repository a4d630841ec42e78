"""A webhook receiver in its own process. It does as little as possible, because the sender is
measured."""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator

ANSWER_SECONDS = 0.02


class _Receiver(asyncio.Protocol):
    """Just enough HTTP: /ok answers 204 after 20 ms, /fail 503 at once, /hang never."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            head, end, rest = self.buffer.partition(b"\r\n\r\n")
            if not end:
                return
            length = next(
                int(line[15:])
                for line in head.split(b"\r\n")
                if line[:15].lower() == b"content-length:"
            )
            if len(rest) < length:
                return
            self.buffer = rest[length:]
            self._answer(head.split(b" ", 2)[1])

    def _answer(self, path: bytes) -> None:
        assert isinstance(self.transport, asyncio.WriteTransport)
        write = self.transport.write
        if path == b"/ok":
            asyncio.get_running_loop().call_later(
                ANSWER_SECONDS, write, b"HTTP/1.1 204 No Content\r\n\r\n"
            )
        elif path == b"/fail":
            write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Receiver, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextlib.contextmanager
def receiver() -> Iterator[str]:
    """Run the receiver in its own process; gives its URL."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.receiver"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve())
