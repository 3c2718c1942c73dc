"""Lets the collector of circular references look more rarely while very many small objects are made.

A month of families is millions of texts and tuples, none of them in a circle; looking through them every 700 objects,
as Python does by default, is a fifth of the work of an import.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

RARELY = (100_000, 50, 100)


@contextmanager
def many_objects() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(*RARELY)
    try:
        yield
    finally:
        gc.set_threshold(*before)
