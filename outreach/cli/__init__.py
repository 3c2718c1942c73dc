"""The doors: one command line for everything a screen does to the data."""


def main() -> None:
    raise SystemExit(2)
