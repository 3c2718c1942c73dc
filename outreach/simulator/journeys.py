"""What the network does by itself after it said yes: texts travel, calls ring, webhooks go out.

Rules
* Things with the same key happen one after the other, in the order in which they were started.
* `settle` waits until nothing is under way, so that nobody has to sleep and hope.
* A journey that fails is reported and ends; the others go on.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

_log = logging.getLogger(__name__)
Job = Callable[[], None]


class Journeys:
    def __init__(self, *, step_seconds: float) -> None:
        self._step_seconds = step_seconds
        self._pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="network")
        self._idle = threading.Condition()
        self._queues: dict[str, deque[Job]] = {}
        self._under_way = 0
        self._stopping = threading.Event()

    def start(self, key: str, job: Job) -> None:
        with self._idle:
            if self._stopping.is_set():
                return
            queue = self._queues.setdefault(key, deque())
            queue.append(job)
            self._under_way += 1
            if len(queue) == 1:
                self._pool.submit(self._drain, key, queue)

    def pause(self) -> None:
        """The time between two states of a text."""
        self._stopping.wait(self._step_seconds)

    def hold(self, seconds: float) -> None:
        self._stopping.wait(seconds)

    def settle(self, timeout: float) -> bool:
        """Whether all came to rest within so many seconds."""
        with self._idle:
            return self._idle.wait_for(lambda: self._under_way == 0, timeout)

    def stop(self) -> None:
        self._stopping.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _drain(self, key: str, queue: deque[Job]) -> None:
        while True:
            with self._idle:
                job = queue[0]
            try:
                if not self._stopping.is_set():
                    job()
            except Exception:
                _log.exception("A journey of the simulated network failed.")
            with self._idle:
                queue.popleft()
                self._under_way -= 1
                if not queue:
                    self._queues.pop(key, None)
                if self._under_way == 0:
                    self._idle.notify_all()
                if not queue:
                    return
