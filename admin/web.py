"""The web edge: one application out of the screens, with their rules, headers, errors and frame."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

from flask import Flask, redirect, request, send_from_directory, url_for
from flask_wtf.csrf import CSRFProtect
from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader, StrictUndefined, Undefined
from jinja2.utils import missing
from werkzeug.wrappers import Response

from admin import access, errors, headers, hooks, saying, status
from admin.frame import demo_bar, pause_line
from admin.navigation import home, navigation
from outreach.domain.access import Permission
from outreach.engine.sign_in import cookie_secret
from outreach.runtime import Runtime

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "build" / "static"
SERVICE_NAME = "Paramount Outreach"
MOST_BYTES = 20 * 1024 * 1024
SCREENS = (
    "account", "approvals", "cadence", "call", "demo", "families", "gate", "going_live", "health", "imports",
    "inbox", "notices", "overview", "pause", "practice", "referrals", "ringing", "rota", "scripts", "sign_in",
    "standby", "today",
)  # fmt: skip


class CarefulUndefined(Undefined):
    """A name or attribute that is not there is an error. What govuk's own macros leave out on purpose is empty: a
    missing key of a dict, and ``caller`` where a macro is not called with a block."""

    def __new__(cls, hint: Any = None, obj: Any = missing, name: Any = None, exc: Any = None) -> Any:
        kind = Undefined if isinstance(obj, dict) or name == "caller" else StrictUndefined
        return kind(hint, obj, name) if exc is None else kind(hint, obj, name, exc)


def create_app(runtime: Runtime) -> Flask:
    """The console on ``runtime``. Raises when a route does not say who may use it or what it shows."""
    app = Flask("admin", static_folder=None)
    app.url_map.strict_slashes = False  # whoever types an address by hand need not know which ones end in a stroke
    https = runtime.settings.https
    app.config.update(
        SECRET_KEY=cookie_secret(runtime),
        SESSION_COOKIE_NAME="__Host-forms" if https else "forms",
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=MOST_BYTES,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,  # asks for a Referer, and we send none; the token is bound to the cookie
    )
    app.extensions["outreach"] = runtime
    runtime.library.warm()
    _prepare_templates(app, runtime)
    csrf = CSRFProtect()
    errors.guard(app)
    headers.guard(app, https=https)
    access.guard(app)
    csrf.init_app(app)
    _add_own_routes(app)
    for name in SCREENS:
        if name == "demo" and not runtime.settings.demo:
            continue
        app.register_blueprint(import_module(f"admin.screens.{name}").screen)
    csrf.exempt(hooks.screen)  # the network has no form of ours; its signature is checked instead
    app.register_blueprint(hooks.screen)
    access.check_routes(app)
    return app


def _prepare_templates(app: Flask, runtime: Runtime) -> None:
    app.jinja_env.undefined = CarefulUndefined
    govuk = PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})
    app.jinja_env.loader = ChoiceLoader([FileSystemLoader(ROOT / "templates"), govuk])
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    saying.teach(app, runtime.now)

    @cache
    def version(name: str) -> str:
        file = STATIC / name
        return sha256(file.read_bytes()).hexdigest()[:12]

    def asset(name: str) -> str:
        """The address of a built file, by its content, so that it may be kept for ever."""
        return url_for("static", name=name, v=version(name) if (STATIC / name).exists() else None)

    @app.context_processor
    def _frame() -> dict[str, Any]:
        whose = access.asking() if request.endpoint not in (None, "static") else None
        actor = whose.actor if whose and not whose.needs else None
        return {
            "actor": actor,
            "may": lambda permission: actor is not None and actor.may(Permission(permission)),
            "navigation": navigation(app, actor) if actor else [],
            "home_url": home(app, actor) if actor else url_for("home"),
            "pause": pause_line(runtime, actor, app) if actor else None,
            "demo_bar": demo_bar(runtime, app),
        }

    app.jinja_env.globals.update(
        asset=asset,
        has_route=lambda endpoint: endpoint in app.view_functions,
        service_name=SERVICE_NAME,
        status_lines=status.status_lines,
        undefined=Undefined(),  # names that govuk's macros compare with
        null=Undefined(),
    )
    app.context_processor(lambda: {"nonce": headers.nonce()})


def _add_own_routes(app: Flask) -> None:
    @app.get("/static/<path:name>", endpoint="static")
    @access.open_to_all
    def static(name: str) -> Response:
        return send_from_directory(STATIC, name)

    @app.get("/", endpoint="home")
    @access.allow(Permission.SELF)
    @access.discloses()
    def first_page() -> Response:
        return redirect(home(app, access.actor()), 303)
