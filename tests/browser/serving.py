"""The console in a process of its own, that can be killed as a power cut would."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

from werkzeug.serving import make_server

from admin.web import create_app
from outreach.bootstrap import content
from outreach.runtime import Runtime
from outreach.store.keyring import Keyring, read_keyring
from tests.conftest import make_runtime
from tests.processes import PROCESSES


def serve(url: str, home: Path, keys: str, listening: socket.socket, first_id: int) -> None:
    """Runs until it is killed. ``first_id`` keeps its ids apart from those of the process before."""
    runtime = make_runtime(
        url, home=home, library=content(), keyring=read_keyring(keys), first_id=first_id
    )  # fmt: skip
    make_server("127.0.0.1", 0, create_app(runtime), threaded=True, fd=listening.fileno()).serve_forever()


@contextmanager
def server_process(runtime: Runtime, keyring: Keyring) -> Iterator[ServerProcess]:
    """The socket is the test's and lent to each process: nobody else is given its port, and who calls while nobody
    serves is answered by the process that comes next."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = ServerProcess(runtime, keyring, listening)
        server.start()
        try:
            yield server
        finally:
            server.kill()


class ServerProcess:
    def __init__(self, runtime: Runtime, keyring: Keyring, listening: socket.socket) -> None:
        self._runtime, self._keys, self._listening, self._starts = runtime, keyring.written(), listening, 1
        self._process: BaseProcess | None = None
        self.base = f"http://127.0.0.1:{listening.getsockname()[1]}"

    def start(self) -> None:
        self._starts += 1
        settings = self._runtime.settings
        arguments = (settings.database_url, settings.home, self._keys, self._listening, self._starts * 1_000_000)
        self._process = PROCESSES.Process(target=serve, args=arguments, daemon=True)
        self._process.start()

    def kill(self) -> None:
        """SIGKILL: nothing is put away."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
