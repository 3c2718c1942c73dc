"""Templates are compiled once per process of the tests, not once per app: half of what a test of a page costs.

A template whose source has changed is compiled again, as everywhere.
"""

from __future__ import annotations

from types import CodeType

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache


class Compiled(BytecodeCache):
    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, CodeType | None]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        checksum, code = self._kept.get(bucket.key, ("", None))
        if checksum == bucket.checksum:
            bucket.code = code

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = (bucket.checksum, bucket.code)


def compile_once() -> None:
    """From now on every app of this process shares what was compiled."""
    Flask.jinja_options = {"bytecode_cache": Compiled()}
