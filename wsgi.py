"""For a WSGI server: ``gunicorn wsgi:app``. Settings come from the environment."""

from __future__ import annotations

from admin.web import create_app
from outreach.bootstrap import runtime_from_environment

app = create_app(runtime_from_environment())
