"""Contrast of every pair of colours that text uses, in light and dark (WCAG 2.2, 1.4.3: at least 4.5 to 1)."""

import re
from pathlib import Path

import pytest

from web import pages

STYLE = (Path(pages.__file__).parent / "static" / "style.css").read_text(encoding="utf-8")
LIGHT, DARK = (
    dict(re.findall(r"--([a-z-]+): (#[0-9a-f]+);", root))
    for root in re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    if "--" in root  # print has no colours of its own
)
PAIRS = [
    ("ink", "card"), ("ink", "ground"), ("ink", "plain"),
    ("quiet", "card"), ("quiet", "ground"), ("quiet", "plain"), ("accent", "card"),
    ("accent-ink", "accent"), ("bad", "bad-ground"), ("warn", "warn-ground"), ("info", "info-ground"),
]  # fmt: skip


def luminance(colour: str) -> float:
    """Return the luminance of `#rrggbb`, `#rgb`, or `rgb(r, g, b)` as a browser computes it."""
    if colour.startswith("rgb("):
        parts = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    else:
        digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
        parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(ink: str, ground: str) -> float:
    dim, bright = sorted((luminance(ink), luminance(ground)))
    return (bright + 0.05) / (dim + 0.05)


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_text_can_be_read(scheme: dict[str, str], ink: str, ground: str) -> None:
    assert contrast(scheme[ink], scheme[ground]) >= 4.5


def test_both_schemes_have_every_colour() -> None:
    assert LIGHT.keys() == DARK.keys()
