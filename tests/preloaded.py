"""What a process of the tests would spend its first seconds on (see ``processes.py``)."""

from __future__ import annotations

import tests.browser.serving
import tests.delivery.doomed  # noqa: F401 - to have been imported
from outreach.bootstrap import content

content()
