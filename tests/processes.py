"""Processes of the tests' own that may be killed: forked from one that has read the house and its library already.

``PROCESSES.Process(target=..., args=...)``. The process they are forked from begins with the first and ends with ours.
"""

from __future__ import annotations

import multiprocessing

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.preloaded"])
