"""The console in a process of its own, that can be killed as a power cut would."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from werkzeug.serving import make_server

from admin.web import create_app
from outreach.bootstrap import ROOT
from outreach.demo.house import free_port
from outreach.library.contents import load_library
from outreach.runtime import Runtime
from outreach.store.keyring import Keyring
from tests.conftest import make_runtime


def serve(url: str, home: Path, keyring: Keyring, port: int, first_id: int) -> None:
    """Runs until it is killed. ``first_id`` keeps its ids apart from those of the process before."""
    runtime = make_runtime(url, home=home, library=load_library(ROOT), keyring=keyring, first_id=first_id)
    make_server("127.0.0.1", port, create_app(runtime), threaded=True).serve_forever()


@contextmanager
def server_process(runtime: Runtime, keyring: Keyring) -> Iterator[ServerProcess]:
    server = ServerProcess(runtime, keyring, free_port())
    server.start()
    yield server
    server.kill()


class ServerProcess:
    def __init__(self, runtime: Runtime, keyring: Keyring, port: int) -> None:
        self._runtime, self._keyring, self._port, self._starts = runtime, keyring, port, 1
        self._process: BaseProcess | None = None
        self.base = f"http://127.0.0.1:{port}"

    def start(self) -> None:
        self._starts += 1
        settings = self._runtime.settings
        arguments = (settings.database_url, settings.home, self._keyring, self._port, self._starts * 1_000_000)
        self._process = multiprocessing.get_context("spawn").Process(target=serve, args=arguments, daemon=True)
        self._process.start()
        self._wait()

    def kill(self) -> None:
        """SIGKILL: nothing is put away."""
        if self._process is not None:
            self._process.kill()
            self._process.join()

    def _wait(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                urlopen(f"{self.base}/demo", timeout=5).close()
            except (URLError, OSError):
                time.sleep(0.05)
            else:
                return
        raise AssertionError("the console did not start")
