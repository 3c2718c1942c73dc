"""The words in a real Chromium, wide and narrow: no barrier, nothing over the edge, no complaint."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Look
from tests.cast import CORA

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("path", ["/approvals", "/approvals/text/en/stop", "/approvals/script/en/consent"])
def test_the_words_can_be_read_by_everybody(look: Look, path: str, width: int) -> None:
    with look(CORA) as cora:
        cora.open(path, width=width)
        assert cora.barriers() == []
        assert cora.runs_over() <= 0
        assert cora.complaints == []
