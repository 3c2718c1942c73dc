"""The console, served over HTTP in a thread of this process: for the demo and the rehearsal."""

from __future__ import annotations

import threading
from typing import Any

from waitress.server import create_server

from admin.web import create_app
from outreach.runtime import Runtime


class ServedConsole:
    """``open`` listens where the settings of ``runtime`` say; ``close`` stops, also where nothing was opened."""

    def __init__(self) -> None:
        self._server: Any = None
        self._thread: threading.Thread | None = None
        self._closing = False

    def open(self, runtime: Runtime, *, threads: int = 8) -> None:
        host, _, port = runtime.settings.listen.rpartition(":")
        self._server = create_server(create_app(runtime), host=host, port=int(port), threads=threads)
        self._thread = threading.Thread(target=self._run, name="console", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing = True
        if self._server is not None:
            self._server.close()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        try:
            self._server.run()
        except OSError:  # it waited on the door that ``close`` took away
            if not self._closing:
                raise
