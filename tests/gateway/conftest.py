from __future__ import annotations

from tests.simulator.conftest import account, line, listener, simulator

__all__ = ["account", "line", "listener", "simulator"]
