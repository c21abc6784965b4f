"""Prints an HTML page to PDF with the browser of this machine: Edge, Chrome or Chromium, which every desktop has."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from mfa_reset_client.messages import Message

_NAMES = (
    "msedge",
    "microsoft-edge",
    "microsoft-edge-stable",
    "google-chrome",
    "google-chrome-stable",
    "chromium",
    "chrome",
)
_PLACES = (
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
    "C:/Program Files/Microsoft/Edge/Application/msedge.exe",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
_SECONDS = 120


class NoBrowserError(Exception):
    """There is no browser, or it did not print."""


def find_browser() -> str | None:
    """Return the program of a browser that can print: the one that CHROMIUM names, or the first one found."""
    if named := os.environ.get("CHROMIUM"):
        return named
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    return found or next((place for place in _PLACES if Path(place).is_file()), None)


def print_page(html: bytes) -> bytes:
    """Return a page that loads nothing else as PDF. Raises: NoBrowserError."""
    browser = find_browser()
    if browser is None:
        raise NoBrowserError(
            Message("Edge, Chrome or Chromium is needed to write a PDF; open summary.html and print it instead.")
        )
    with tempfile.TemporaryDirectory() as folder:
        page, pdf = Path(folder, "page.html"), Path(folder, "page.pdf")
        page.write_bytes(html)
        command = [
            browser,
            "--headless",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            f"--user-data-dir={Path(folder, 'profile')}",
            "--no-pdf-header-footer",
            f"--print-to-pdf={pdf}",
            page.as_uri(),
        ]
        if getattr(os, "geteuid", lambda: 1)() == 0:
            command.insert(1, "--no-sandbox")  # Chromium's sandbox does not start as root
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS)  # noqa: S603 - a browser of this machine
            return pdf.read_bytes()
        except (OSError, subprocess.SubprocessError) as error:
            message = Message(
                "%(browser)s did not write a PDF: %(reason)s", browser=browser, reason=type(error).__name__
            )
            raise NoBrowserError(message) from None
