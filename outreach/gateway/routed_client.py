"""The SDK's HTTP client, pointed where the account says.

Rules
* A base address is Twilio's own (https, twilio.com or below it, so a region's too) or this machine's
  loopback. Anything else is refused at once: words to families go nowhere else.
* Environment proxies and .netrc are not looked at. Redirects are not followed.
* Every request has a timeout; nothing is sent twice by this client.
* The headers of the last answer of this thread are kept, for Retry-After: the SDK's exceptions have none.
* The SDK's own log has numbers in it (addresses of list calls); it is kept at WARNING.
"""

from __future__ import annotations

import ipaddress
import logging
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]

logging.getLogger("twilio.http_client").setLevel(logging.WARNING)


def check_base_url(base_url: str) -> str:
    """The base address, if texts may go there; else a ValueError that says why."""
    parts = urlsplit(base_url)
    host = (parts.hostname or "").lower()
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        raise ValueError("The address of the phone network is a scheme, a host and a port, and nothing more.")
    if _is_loopback(host) and parts.scheme in {"http", "https"}:
        return f"{parts.scheme}://{parts.netloc}"
    if parts.scheme == "https" and (host == "twilio.com" or host.endswith(".twilio.com")):
        return f"{parts.scheme}://{parts.netloc}"
    raise ValueError("The address of the phone network is neither Twilio's (https) nor on this machine.")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class RoutedClient(TwilioHttpClient):  # type: ignore[misc]
    """Sends every request to `base_url` (None: where the SDK would)."""

    def __init__(self, base_url: str | None, *, timeout_seconds: float) -> None:
        super().__init__(timeout=timeout_seconds)
        self.session.trust_env = False
        self._base = None if base_url is None else urlsplit(check_base_url(base_url))
        self._last = threading.local()

    @property
    def last_headers(self) -> Mapping[str, str]:
        """The headers of this thread's last answer; empty while there is none."""
        headers: Mapping[str, str] = getattr(self._last, "headers", {})
        return headers

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        self._last.headers = {}
        if self._base is not None:
            asked = urlsplit(url)
            url = urlunsplit((self._base.scheme, self._base.netloc, asked.path, asked.query, ""))
        response = super().request(method, url, *args, **kwargs)
        self._last.headers = dict(response.headers or {})
        return response
