"""Where the simulated network's state survives a restart: one small SQLite file, or nowhere."""

from __future__ import annotations

import json
import sqlite3
import threading
from pathlib import Path
from typing import Any, Protocol


class Keep(Protocol):
    def put(self, kind: str, key: str, values: dict[str, Any]) -> None: ...

    def all(self, kind: str) -> list[dict[str, Any]]: ...

    def close(self) -> None: ...


class Nowhere:
    """Keeps nothing."""

    def put(self, kind: str, key: str, values: dict[str, Any]) -> None:
        return

    def all(self, kind: str) -> list[dict[str, Any]]:
        return []

    def close(self) -> None:
        return


class File:
    """One row per thing, the last version of it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=OFF")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS kept (kind TEXT, key TEXT, body TEXT NOT NULL, PRIMARY KEY (kind, key))"
        )

    def put(self, kind: str, key: str, values: dict[str, Any]) -> None:
        with self._lock:
            self._database.execute(
                "INSERT INTO kept VALUES (?, ?, ?) ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
                (kind, key, json.dumps(values)),
            )

    def all(self, kind: str) -> list[dict[str, Any]]:
        with self._lock:
            rows = self._database.execute("SELECT body FROM kept WHERE kind = ?", (kind,)).fetchall()
        return [json.loads(body) for (body,) in rows]

    def close(self) -> None:
        with self._lock:
            self._database.close()
