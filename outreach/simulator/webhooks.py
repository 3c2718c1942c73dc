"""Posting to the product's webhooks as Twilio does.

Rules
* A form, signed with HMAC-SHA1 over the address and all fields in order (`X-Twilio-Signature`).
* 5 seconds to connect, 15 to answer; one more try when connecting failed, with the same
  `I-Twilio-Idempotency-Token`.
* Only to this machine: a simulation calls nobody else. Where a proxy with TLS is pretended (`proxy`: its public
  address, and what stands behind it), the public address is signed, and the post goes to what stands behind.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests

_TIMEOUTS = (5.0, 15.0)


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` is None where nobody answered; then `words` says why."""

    status: int | None
    words: str
    tries: int = 1


def sign(token: str, url: str, form: Mapping[str, str]) -> str:
    signed = url + "".join(name + form[name] for name in sorted(form))
    digest = hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


class Webhooks:
    def __init__(self, *, auth_token: str, other_token: str) -> None:
        self._auth_token = auth_token
        self._other_token = other_token
        self._local = threading.local()
        self.proxy: tuple[str, str] | None = None

    def post(
        self, url: str, form: Mapping[str, str], *, wrong_signature: bool = False, other_token: bool = False
    ) -> Answer:
        where, headers = self._way(url)
        if not _is_here(where):
            return Answer(None, "a simulation calls nobody but this machine")
        token = "wrong" if wrong_signature else self._other_token if other_token else self._auth_token
        headers |= {
            "X-Twilio-Signature": sign(token, url, form),
            "I-Twilio-Idempotency-Token": str(uuid.uuid4()),
            "User-Agent": "TwilioProxy/1.1",
        }
        for attempt in (1, 2):
            try:
                response = self._session().post(
                    where, data=dict(form), headers=headers, timeout=_TIMEOUTS, allow_redirects=False
                )
            except requests.ConnectionError as problem:
                if attempt == 2:
                    return Answer(None, type(problem).__name__, tries=2)
            except requests.RequestException as problem:
                return Answer(None, type(problem).__name__, tries=attempt)
            else:
                return Answer(response.status_code, response.text, tries=attempt)
        raise AssertionError("unreachable")

    def _way(self, url: str) -> tuple[str, dict[str, str]]:
        """Where a post to `url` goes, and what a proxy on the way would add."""
        if self.proxy is None or not url.startswith(self.proxy[0]):
            return url, {}
        public = urlsplit(url)
        added = {"Host": public.netloc, "X-Forwarded-Host": public.netloc, "X-Forwarded-Proto": public.scheme}
        return self.proxy[1] + url.removeprefix(self.proxy[0]), added

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._local.session.trust_env = False
        session: requests.Session = self._local.session
        return session


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
