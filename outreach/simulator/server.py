"""The simulated network as a server on its own port, and as an object for the demo and the tests to hold."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, request

from outreach.simulator.control import make_control
from outreach.simulator.faults import Fault, Faults
from outreach.simulator.http_server import HttpServer
from outreach.simulator.journeys import Journeys
from outreach.simulator.keep import File
from outreach.simulator.network import Keywords, Network
from outreach.simulator.phones import make_phones
from outreach.simulator.post_office import PostOffice
from outreach.simulator.switchboard import Switchboard
from outreach.simulator.twilio_api import make_api
from outreach.simulator.webhooks import Webhooks

ACCOUNT_SID = "AC" + "51" * 16
NUMBER = "+447700900999"
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Simulator:
    """One account with one number.

    * `now`: the clock of all dates. `step_seconds`: real time between two states of a text.
    * `store_path`: a file in which texts, phones and the journal survive; None keeps nothing.
    * `start`, `connect` (where the product listens), then `url`; `settle` waits for all that is under way.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        now: Callable[[], datetime] = _utc_now,
        store_path: Path | None = None,
        number: str = NUMBER,
        auth_token: str | None = None,
        step_seconds: float = 0.05,
        console_url: str | None = None,
    ) -> None:
        self.account_sid = ACCOUNT_SID
        self.auth_token = auth_token or secrets.token_hex(16)
        self.other_token = secrets.token_hex(16)
        self.number = number
        self.faults = Faults()
        self.network = Network(number=number, now=now, keep=File(store_path) if store_path else None)
        self._journeys = Journeys(step_seconds=step_seconds)
        self._webhooks = Webhooks(auth_token=self.auth_token, other_token=self.other_token)
        parts: dict[str, Any] = {
            "network": self.network,
            "journeys": self._journeys,
            "webhooks": self._webhooks,
            "faults": self.faults,
            "account_sid": self.account_sid,
        }
        self.post_office = PostOffice(**parts)
        self.switchboard = Switchboard(**parts)
        self._host = host
        self._port = port
        self.console_url = console_url
        self._server: HttpServer | None = None
        self._rings: threading.Thread | None = None
        self._stopping = threading.Event()

    @property
    def url(self) -> str:
        return f"http://{self._host}:{self._port}"

    def start(self) -> None:
        self._server = HttpServer(self.wsgi_app(), host=self._host, port=self._port)
        self._port = self._server.port
        self._server.start()
        self._rings = threading.Thread(target=self._stop_old_rings, name="simulator-rings", daemon=True)
        self._rings.start()

    def connect(self, *, inbound_url: str, voice_url: str | None = None, proxy: tuple[str, str] | None = None) -> None:
        """What is set at Twilio for our number: where its texts and calls are reported.

        `proxy`: a public https address, and where on this machine stands what is behind it.
        """
        self.network.inbound_url = inbound_url
        self.network.voice_url = voice_url
        self._webhooks.proxy = proxy

    def stop(self) -> None:
        self._stopping.set()
        self._journeys.stop()
        if self._server is not None:
            self._server.stop()
        if self._rings is not None:
            self._rings.join(timeout=5)
        self.network.close()

    def settle(self, seconds: float = 60.0) -> bool:
        """Whether everything under way came to rest within so many seconds."""
        return self._journeys.settle(seconds)

    def name_phone(self, number: str, label: str, *, manner: str | None = None) -> None:
        self.network.name_phone(number, label=label, manner=manner)

    def text_from(self, number: str, body: str) -> str:
        """A family texts; the sid."""
        return self.post_office.text_from(number, body).sid

    def ringing(self, number: str) -> str | None:
        """The sid of the call that rings at this phone now, if any."""
        rings = [call.sid for call in self.network.calls() if call.phone == number and call.status == "ringing"]
        return rings[-1] if rings else None

    def add_fault(self, fault: Fault) -> None:
        self.faults.add(fault)

    def set_keywords(self, keywords: Keywords) -> None:
        self.network.keywords = keywords

    def wsgi_app(self) -> Flask:
        app = Flask("outreach.simulator", template_folder="pages", static_folder="pages/static")
        app.json.sort_keys = True  # type: ignore[attr-defined]
        parts: dict[str, Any] = {
            "network": self.network,
            "post_office": self.post_office,
            "switchboard": self.switchboard,
            "faults": self.faults,
        }
        tokens = (self.auth_token, self.other_token)
        app.register_blueprint(make_api(**parts, journeys=self._journeys, account_sid=self.account_sid, tokens=tokens))
        app.register_blueprint(make_control(**parts, journeys=self._journeys))
        app.register_blueprint(make_phones(**parts, console_url=lambda: self.console_url))

        @app.before_request
        def from_our_own_pages() -> None:
            """Another site's page must not text in a family's name."""
            if request.method != "GET" and request.headers.get("Sec-Fetch-Site", "none") not in {
                "same-origin",
                "none",
            }:
                abort(403)

        @app.after_request
        def harden(response: Response) -> Response:
            response.headers["Content-Security-Policy"] = _POLICY
            response.headers["X-Content-Type-Options"] = "nosniff"
            response.headers["Referrer-Policy"] = "same-origin"
            response.headers["Cache-Control"] = "no-store"
            return response

        return app

    def _stop_old_rings(self) -> None:
        while not self._stopping.wait(0.5):
            self.switchboard.stop_old_rings(time.monotonic())
