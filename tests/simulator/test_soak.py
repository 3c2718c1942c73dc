"""The small soak: real processes, real HTTP, the kill in the middle. `make soak` does the same fifty times as long."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_every_text_stands_once_and_every_stop_holds_though_the_server_is_killed(database: str) -> None:
    command = [sys.executable, str(ROOT / "tools/soak.py"), "--texts", "400", "--database", database]
    done = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT), "PATH": ""}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"texts_from_families": 400' in done.stdout
    assert '"other_texts_after_a_stop": 0' in done.stdout
