"""What every answer says to the browser about what it may do with the page.

Rules
* Scripts and styles come from here only; the one inline script carries this answer's nonce. Nothing frames us.
* Pages are kept nowhere; static files, named by their content, for a year.
* No address of ours reaches another site (no-referrer). Over https, only https from then on.
"""

from __future__ import annotations

import secrets

from flask import Flask, g, request
from werkzeug.wrappers import Response as AnyResponse

POLICY = {
    "default-src": "'none'",
    "script-src": "'self' 'nonce-{nonce}'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
FIXED = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}


def nonce() -> str:
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def guard(app: Flask, *, https: bool) -> None:
    """Send the headers with every answer of ``app``."""

    @app.after_request
    def _headers(response: AnyResponse) -> AnyResponse:
        response.headers.update(FIXED)
        policy = "; ".join(f"{key} {value}" for key, value in POLICY.items()).format(nonce=nonce())
        response.headers.setdefault("Content-Security-Policy", policy)
        named = request.endpoint == "static" and response.status_code == 200 and "v" in request.args
        kept = "public, max-age=31536000, immutable" if named else "no-store"
        response.headers["Cache-Control"] = kept
        if https:
            response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        return response
