"""For whoever watches over the service: does it live, is it ready, and how much work there is.

* ``/health``: 200 while the database answers and a worker is at work.
* ``/ready``: 200 while this console may be sent traffic: its database answers and is up to date.
* ``/metrics``: counts for Prometheus (``views/measures.py`` says which, and which never). Only with the token of
  ``OUTREACH_METRICS_TOKEN`` as bearer; where none is set, there is nothing here.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator

from flask import Blueprint, Response, abort, request
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from admin.access import open_to_all, runtime
from outreach.views.health import health
from outreach.views.measures import Measures, measures, not_ready

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


@screen.get("/ready")
@open_to_all
def ready() -> tuple[dict[str, object], int]:
    missing = not_ready(runtime())
    return {"ready": not missing, "missing": list(missing)}, 503 if missing else 200


@screen.get("/metrics")
@open_to_all
def metrics() -> Response:
    token = runtime().settings.metrics_token
    if token is None:
        abort(404)
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {token.get_secret_value()}".encode()):
        abort(403)
    registry = CollectorRegistry()
    registry.register(_Told(measures(runtime())))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Told:
    """Measures as Prometheus reads them."""

    def __init__(self, found: Measures) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        found = self._found
        for name, says, value in (
            ("texts_due", "Texts that are due and wait in the queue.", found.texts_due),
            ("texts_oldest_due_seconds", "How long the oldest of them has been due.", found.oldest_due_seconds),
            ("texts_unknown", "Texts of which nobody knows yet whether they went out.", found.texts_unknown),
            ("alerts_untaken", "Alerts that nobody has taken.", found.alerts_untaken),
            ("workers_alive", "Workers whose heart beat in the last two minutes.", found.workers),
            ("sending_paused", "1 while all sending is paused.", int(found.paused)),
        ):
            yield GaugeMetricFamily(f"outreach_{name}", says, value=value)
        texts = CounterMetricFamily("outreach_texts", "Texts that left the queue, by outcome.", labels=["outcome"])
        for outcome, count in found.texts_by_outcome.items():
            texts.add_metric([outcome], count)
        yield texts
