"""A browser without a screen: somebody of the cast at the console, who can read pages and send their forms."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from outreach.domain.access import Actor
from outreach.engine import sign_in
from outreach.runtime import Runtime
from outreach.store import areas


def mark_as_demo(runtime: Runtime) -> None:
    """The database of a demo says so; only then may somebody sign in without a password."""
    with runtime.sessions.begin() as session:
        areas.service(session).demo = True


@dataclass
class Visitor:
    """``get`` and ``post`` by path. A post carries the token of a form, as a browser's would."""

    client: FlaskClient
    token: str = field(default="", init=False)

    def get(self, path: str, *, follow: bool = False) -> TestResponse:
        return self.client.get(path, follow_redirects=follow)

    def post(self, path: str, data: dict[str, object] | None = None, *, follow: bool = False) -> TestResponse:
        if not self.token:
            found = re.search(
                r'name="csrf_token" value="([^"]+)"', self.client.get("/sign-in", follow_redirects=True).text
            )
            assert found, "no page gave this visitor a form"
            self.token = found[1]
        return self.client.post(path, data={"csrf_token": self.token, **(data or {})}, follow_redirects=follow)


def visitor(app: Flask, runtime: Runtime, who: Actor | None = None) -> Visitor:
    """Somebody at the console: ``who`` of the cast, signed in the demo's way, or nobody yet."""
    client = app.test_client()
    if who is not None:
        answer = sign_in.begin_as(runtime, who.id)
        assert isinstance(answer, sign_in.SignedIn)
        client.set_cookie("outreach", answer.token)
    return Visitor(client)


def words(response: TestResponse) -> str:
    """What a person reads on a page: the main part, without its markup."""
    main = re.search(r"<main.*?</main>", response.text, re.S)
    plain = re.sub(r"<[^>]+>", " ", main[0] if main else response.text)
    return re.sub(r"\s+", " ", html.unescape(plain)).strip()
