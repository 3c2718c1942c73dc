"""How many inbound texts the server takes: `python benchmarks/webhooks.py [texts] [sqlite|postgres]`.

Side by side in one run, in turns, on the same database: our webhook, and a bare Flask view. Both stand behind the
server of `outreach serve` (waitress, 8 threads), each in a process of its own. Both check the network's signature with
Twilio's own SDK, over all fields. The bare view then writes one row and commits. Ours takes the text in: the number
locked, the words read, a stop obeyed or a hold set, answers queued, everything sealed and in the audit, one commit.

The texts are the mix of a working day: half are clear, a third asks for a person, the rest are stops and near-stops.
Eight connections, kept alive; the two take turns, fifty texts each, and the median of the turns' shares counts. Fails
below 0.3 of the bare view's rate, or where a text was held, or answered (all is committed then), after a second.
"""

from __future__ import annotations

import logging
import multiprocessing
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask, abort, request
from sqlalchemy import select, text
from twilio.request_validator import RequestValidator
from waitress import serve

from admin.web import create_app
from outreach.bootstrap import ROOT, set_up
from outreach.demo.house import free_port
from outreach.gateway.twilio import TwilioAccount, TwilioLine
from outreach.library.contents import load_library
from outreach.runtime import Runtime, host_time, time_ordered_id
from outreach.store.keyring import Keyring, make_keyring, read_keyring
from outreach.store.texts import ReadingRow, ReceiptRow
from tests import cast, postgres
from tests.conftest import make_runtime

AT_LEAST, HELD_WITHIN_MS = 0.3, 1000
TOKEN, OURS = "benchmark", "+447700900999"
CONNECTIONS, ROUND = 8, 50
WORDS = (
    "CALL", "not sure tbh", "LATER", "No thanks", "what is this about?", "STOP", "yes please", "who is this",
    "ring me tues after 6", "pls stop txting me", "ok", "maybe in the new year x",
)  # fmt: skip


def main() -> int:
    texts = int(sys.argv[1]) if len(sys.argv) > 1 else 900
    databases = sys.argv[2:] or ["sqlite", "postgres"]
    good = [_measure(texts, name) for name in databases]
    return 0 if all(good) else 1


@dataclass
class Taken:
    """Seconds of each answer, and of each round as a whole."""

    answers: list[float] = field(default_factory=list)
    rounds: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return ROUND / statistics.median(self.rounds)

    @property
    def slowest(self) -> float:
        return statistics.quantiles(self.answers, n=100)[98] * 1000


def _measure(texts: int, database: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/webhooks.sqlite" if database == "sqlite" else postgres.fresh_database()
        keyring = make_keyring()
        keys = keyring.written()
        runtime = _runtime(url, Path(folder), keyring)
        set_up(runtime)
        cast.people_the_house(runtime)
        cast.switch_on_texts(runtime)
        for place in range(texts + ROUND):
            family = cast.a_family(runtime, f"OXF-{place:05}", e164=_phone(place), standing="verified", next_step=2)
            cast.an_open_offer(runtime, family, channel="text", step=1)
        if not runtime.sessions.on_sqlite:  # as a server does by itself in time: else the plans are a matter of luck
            with runtime.sessions.engine.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
        ours, bare = Taken(), Taken()
        with _server(_ours, url, folder, keys) as our_port, _server(_bare, url, folder, keys) as bare_port:
            _round(our_port, "/hooks/twilio/inbound", texts, Taken())  # warm
            _round(bare_port, "/bare", texts, Taken())
            for first in range(0, texts, ROUND):
                _round(our_port, "/hooks/twilio/inbound", first, ours)
                _round(bare_port, "/bare", first, bare)
        with runtime.sessions.read() as session:
            held = sorted(session.scalars(select(ReadingRow.held_after_ms)))
        assert len(held) == texts + ROUND, f"{len(held)} texts stand in the database"
        runtime.sessions.close()
    share = statistics.median(theirs / mine for mine, theirs in zip(ours.rounds, bare.rounds, strict=True))
    print(f"{database}: {texts} texts, {CONNECTIONS} connections, one process of 8 threads")
    print(f"  a text taken in: {ours.rate:6.0f} a second, 99th percentile {ours.slowest:5.0f} ms")
    print(f"  a bare view:     {bare.rate:6.0f} a second, 99th percentile {bare.slowest:5.0f} ms")
    print(f"  {share:.2f} of the bare view's rate (at least {AT_LEAST})")
    last = max(ours.answers) * 1000
    print(f"  from the text to the hold: median {held[len(held) // 2]} ms, at most {held[-1]} ms")
    print(f"  from the text to our answer, when all is committed: at most {last:.0f} ms")
    return share >= AT_LEAST and max(held[-1], last) < HELD_WITHIN_MS


def _runtime(url: str, home: Path, keyring: Keyring) -> Runtime:
    made = make_runtime(url, home=home, library=load_library(ROOT), keyring=keyring)
    return replace(made, new_id=time_ordered_id)


def _phone(place: int) -> str:
    return f"+4477009{place:05}"


def _ours(url: str, home: str, keys: str, port: int) -> None:
    account = TwilioAccount(
        account_sid="AC" + "0" * 32, auth_tokens=(TOKEN,), number=OURS, public_url=f"http://127.0.0.1:{port}",
        base_url="http://127.0.0.1:9",
    )  # fmt: skip
    runtime = replace(_runtime(url, Path(home), read_keyring(keys)), phone=TwilioLine(account))
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # eight connections, eight threads: always one waits
    serve(create_app(runtime), host="127.0.0.1", port=port, threads=8, ident=None)


def _bare(url: str, home: str, keys: str, port: int) -> None:
    runtime = _runtime(url, Path(home), read_keyring(keys))
    app, validator = Flask("bare"), RequestValidator(TOKEN)

    @app.post("/bare")
    def bare() -> str:
        signature = request.headers.get("X-Twilio-Signature", "")
        if not validator.validate(f"http://127.0.0.1:{port}/bare", request.form, signature):
            abort(403)
        with runtime.sessions.begin() as session:
            session.add(
                ReceiptRow(
                    id=runtime.new_id(), provider_sid=request.form["MessageSid"], kind="text", state="received",
                    at=host_time(),
                )
            )  # fmt: skip
        return "<Response />"

    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    serve(app, host="127.0.0.1", port=port, threads=8, ident=None)


class _server:  # noqa: N801 - used like a function
    def __init__(self, run: Callable[..., None], url: str, home: str, keys: str) -> None:
        self._port = free_port()
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(target=run, args=(url, home, keys, self._port), daemon=True)

    def __enter__(self) -> int:
        self._process.start()
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return self._port
        raise AssertionError("the server did not start")

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()


def _round(port: int, path: str, first: int, taken: Taken) -> None:
    """Fifty texts over eight connections."""
    todo = iter([_signed(port, path, place) for place in range(first, first + ROUND)])
    lock = threading.Lock()

    def send() -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as wire:
            while True:
                with lock:
                    each = next(todo, None)
                if each is None:
                    return
                began = time.perf_counter()
                wire.sendall(each)
                answer = _answer(wire)
                taken.answers.append(time.perf_counter() - began)
                assert answer.startswith(b"HTTP/1.1 200"), answer[:200]

    threads = [threading.Thread(target=send) for _ in range(CONNECTIONS)]
    began = time.perf_counter()
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    taken.rounds.append(time.perf_counter() - began)


def _signed(port: int, path: str, place: int) -> bytes:
    form = {
        "AccountSid": "AC" + "0" * 32, "ApiVersion": "2010-04-01", "Body": WORDS[place % len(WORDS)],
        "From": _phone(place), "FromCountry": "GB", "MessageSid": f"SM{place:032x}", "NumMedia": "0",
        "NumSegments": "1", "SmsMessageSid": f"SM{place:032x}", "SmsSid": f"SM{place:032x}", "SmsStatus": "received",
        "To": OURS, "ToCountry": "GB",
    }  # fmt: skip
    signature = RequestValidator(TOKEN).compute_signature(f"http://127.0.0.1:{port}{path}", form)
    body = urlencode(form).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Twilio-Signature: {signature}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _answer(wire: socket.socket) -> bytes:
    read = b""
    while b"\r\n\r\n" not in read:
        read += wire.recv(65536)
    head, _, body = read.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
    )
    while len(body) < length:
        body += wire.recv(65536)
    return head


if __name__ == "__main__":
    sys.exit(main())
