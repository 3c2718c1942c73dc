"""Twilio's own description of its API, trimmed to what is simulated."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from openapi_core import OpenAPI

DESCRIPTION = (
    Path(__file__).parent.parent / "npm/node_modules/@twilio/cli-core/src/services/twilio-api/twilio_api_v2010.json"
)
_BASE = "/2010-04-01/Accounts"
PATHS = (
    f"{_BASE}/{{Sid}}.json",
    f"{_BASE}/{{AccountSid}}/Messages.json",
    f"{_BASE}/{{AccountSid}}/Messages/{{Sid}}.json",
    f"{_BASE}/{{AccountSid}}/Calls.json",
    f"{_BASE}/{{AccountSid}}/Calls/{{Sid}}.json",
)


@lru_cache(maxsize=1)
def description() -> OpenAPI:
    if not DESCRIPTION.exists():
        pytest.fail("Twilio's description of its API is missing: run make setup.")
    whole = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
    paths = {path: whole["paths"][path] for path in PATHS}
    schemas: dict[str, Any] = {}
    _collect(paths, whole["components"]["schemas"], schemas)
    return OpenAPI.from_dict(
        {
            "openapi": whole["openapi"],
            "info": whole["info"],
            "paths": paths,
            "components": {"schemas": schemas, "securitySchemes": whole["components"].get("securitySchemes", {})},
        }
    )


def _collect(part: Any, schemas: dict[str, Any], found: dict[str, Any]) -> None:
    """Every schema that a part of the description points to, and what those point to."""
    if isinstance(part, list):
        for one in part:
            _collect(one, schemas, found)
    elif isinstance(part, dict):
        name = str(part.get("$ref", "")).removeprefix("#/components/schemas/")
        if name in schemas and name not in found:
            found[name] = schemas[name]
            _collect(schemas[name], schemas, found)
        for one in part.values():
            _collect(one, schemas, found)
