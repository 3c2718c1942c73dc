"""What a piece of work takes: seconds on the wall and of processor, the database server's among them, and memory."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Taken:
    wall: float = 0.0
    cpu: float = 0.0


@contextmanager
def timed(taken: Taken, url: str = "") -> Iterator[None]:
    wall, cpu = time.perf_counter(), time.process_time() + server_seconds(url)
    yield
    taken.wall, taken.cpu = time.perf_counter() - wall, time.process_time() + server_seconds(url) - cpu


def server_seconds(url: str) -> float:
    """Seconds of processor that the PostgreSQL of this machine has used so far; 0 without one."""
    if not url.startswith("postgresql"):
        return 0.0
    import psycopg

    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)").fetchone()
    parent = str(found[0]) if found else ""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[1] == parent:
            ticks += int(fields[11]) + int(fields[12])
        elif stat.parent.name == parent:
            ticks += sum(map(int, fields[11:15]))  # and its children that have ended
    return ticks / os.sysconf("SC_CLK_TCK")


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
