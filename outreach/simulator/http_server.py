"""A WSGI server on a thread of its own that stops at once, kept-alive connections or not."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

from waitress import wasyncore
from waitress.server import create_server


class HttpServer:
    def __init__(self, app: Any, *, host: str = "127.0.0.1", port: int = 0, threads: int = 8) -> None:
        server: Any = create_server(app, host=host, port=port, threads=threads, ident=None)
        self._server = server
        self.port = int(server.effective_port)
        self.url = f"http://{host}:{self.port}"
        self._thread = threading.Thread(target=self._server.run, name=f"http {self.port}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Close every connection from inside the server's own loop, which then ends; waitress itself would wait."""
        if not self._thread.is_alive():
            return
        self._server.task_dispatcher.shutdown(cancel_pending=True, timeout=1)
        with suppress(OSError):  # the loop may have ended meanwhile, and its trigger with it
            self._server.trigger.pull_trigger(lambda: wasyncore.close_all(self._server._map, ignore_all=True))
        self._thread.join(timeout=5)
