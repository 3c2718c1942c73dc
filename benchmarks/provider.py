"""A provider that answers every text after so long, so many at a time: a process of its own, speaking Twilio's REST.

    python -m benchmarks.provider MILLISECONDS AT_ONCE

Prints its port; at the end of its input, prints as JSON how many texts it took, between which two moments (seconds).
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

SENT: list[str] = []


def hand_over(offer_id: str) -> None:
    """A provider that answers at once, for those who have a function called."""
    SENT.append(offer_id)


async def main() -> None:
    wait, at_once = float(sys.argv[1]) / 1000, asyncio.Semaphore(int(sys.argv[2]))
    taken: list[float] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next((int(v.split(b":")[1]) for v in head.lower().split(b"\r\n") if b"content-length" in v), 0)
                await reader.readexactly(length)
                async with at_once:
                    await asyncio.sleep(wait)
                if head.startswith(b"POST"):
                    taken.append(time.perf_counter())
                body = json.dumps({"sid": f"SM{len(taken):032d}", "status": "queued"}).encode()
                writer.write(b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n")
                writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    print(json.dumps({"texts": len(taken), "first": min(taken, default=0), "last": max(taken, default=0)}), flush=True)
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
