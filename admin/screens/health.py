"""Whether the console stands and its database answers, for whoever watches over it. It says nothing else."""

from __future__ import annotations

from flask import Blueprint

from admin.access import open_to_all, runtime
from outreach.views.health import health

screen = Blueprint("health", __name__)


@screen.get("/health")
@open_to_all
def show() -> tuple[dict[str, object], int]:
    found = health(runtime())
    return {
        "database": found.database,
        "worker_seconds_ago": found.worker_seconds_ago,
        "ok": found.ok,
    }, 200 if found.ok else 503
