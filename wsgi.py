"""For a WSGI server: ``gunicorn wsgi:app``. Settings come from the environment.

It refuses what ``outreach serve`` refuses: settings that are not whole, tables that are not up to date, and in live
mode the database of a demo.
"""

from __future__ import annotations

from admin.web import create_app
from outreach.cli.opening import open_house

app = create_app(open_house())
