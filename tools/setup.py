"""Sets up everything the project needs, from the lock files, and nothing twice.

    python3 tools/setup.py

* ``.venv`` with every Python package of ``requirements.lock`` (hashes are checked) and the project itself;
* ``build/static``: the style sheet and scripts of the console, built from the packages in
  ``frontend/package-lock.json``;
* ``tests/npm/node_modules``: what only the tests use (axe-core, Twilio's OpenAPI description).

``uv`` is taken from the PATH, else installed into ``.tools``, else the standard ``venv`` and ``pip`` do the
work. Node is taken from the PATH, else from the PyPI package of ``requirements-node.lock``. A step is left out
when its inputs have not changed since it last ended well. Exit code 3 when the machine lacks something.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
STAMPS = ROOT / "build" / "stamps"


def main() -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 - this file runs before anything was chosen
        print(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}. Try: PYTHON=python3.12 make …")
        return 3
    os.chdir(ROOT)
    os.environ.pop("VIRTUAL_ENV", None)
    try:
        step("Python packages", python_packages, "requirements.lock", "pyproject.toml", made=BIN / "outreach")
        step("Console assets", assets, "frontend", made=ROOT / "build" / "static" / "console.css")
        step("Test-only packages", test_packages, "tests/npm/package-lock.json", made=ROOT / "tests/npm/node_modules")
    except subprocess.CalledProcessError as failure:
        print(f"Setting up stopped at: {' '.join(map(str, failure.cmd))}")
        print("The lines above say why. Run make setup again to carry on.")
        return 3
    return 0


def step(name: str, work: Callable[[], None], *inputs: str, made: Path) -> None:
    """Run ``work`` unless it ended well before on the same inputs and what it made is still there."""
    stamp, wanted = STAMPS / name.replace(" ", "-").lower(), fingerprint(inputs)
    if made.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"{name} …", flush=True)
    start = time.monotonic()
    work()
    STAMPS.mkdir(parents=True, exist_ok=True)
    stamp.write_text(wanted)
    print(f"{name}: done in {time.monotonic() - start:.0f} s", flush=True)


def fingerprint(inputs: tuple[str, ...]) -> str:
    digest = hashlib.sha256(f"{sys.version_info[:2]} {ROOT}".encode())
    for name in inputs:
        path = ROOT / name
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            if not file.is_file() or "node_modules" in file.parts:
                continue
            digest.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def run(*command: object, cwd: Path = ROOT) -> None:
    subprocess.run([str(part) for part in command], cwd=cwd, check=True)


def uv() -> str | None:
    """The uv to use, or None where it cannot be had."""
    found = shutil.which("uv")
    local = ROOT / ".tools" / "bin" / "uv"
    if found or local.exists():
        return found or str(local)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--root-user-action=ignore", "--target", ".tools", "uv"]
    tried = subprocess.run(pip, cwd=ROOT, check=False, capture_output=True)
    return str(local) if tried.returncode == 0 and local.exists() else None


def install(lock: str) -> None:
    tool = uv()
    if tool:
        run(tool, "pip", "install", "--quiet", "--python", BIN / "python", "--require-hashes", "-r", lock)
    else:
        run(BIN / "python", "-m", "pip", "install", "--quiet", "--require-hashes", "-r", lock)


def python_packages() -> None:
    tool = uv()
    if not (BIN / "python").exists():
        if tool:
            run(tool, "venv", "--quiet", "--python", sys.executable, VENV)
        else:
            run(sys.executable, "-m", "venv", VENV)
    install("requirements.lock")
    itself = ("--quiet", "--no-build-isolation", "--no-deps", "-e", ".")
    if tool:
        run(tool, "pip", "install", "--python", BIN / "python", *itself)
    else:
        run(BIN / "python", "-m", "pip", "install", *itself)


def npm() -> list[object]:
    """The npm to use: the PATH's, else the one that the PyPI package of Node brings."""
    found = shutil.which("npm")
    if found and shutil.which("node"):
        return [found]
    if not (BIN / "npm").exists():
        install("requirements-node.lock")
    os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"
    return [BIN / "npm"]


def npm_install(folder: str) -> None:
    run(*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", cwd=ROOT / folder)


def assets() -> None:
    npm_install("frontend")
    run(*npm(), "run", "--silent", "build", cwd=ROOT / "frontend")


def test_packages() -> None:
    npm_install("tests/npm")


if __name__ == "__main__":
    sys.exit(main())
