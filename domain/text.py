"""Text from outside made safe to show: names, reasons and comments that tickets and directories bring along.

Escaping for HTML is the templates' work. This takes away what escaping leaves in: invisible characters that
reorder, hide or break what stands around them.
"""

import re
import unicodedata

# Long enough for any real name or reason; 64 KB of it must not fill a page or a mail.
SHOWN = 300

# Explicit direction: marks, embeddings, overrides and isolates (Unicode Standard Annex 9, "Trojan Source").
_DIRECTION = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
# Nothing to see: soft hyphen, zero width space, word joiner and the invisible operators, byte order mark, tags,
# the fillers. The joiners U+200C and U+200D stay: Persian, Indic scripts and emoji need them.
_INVISIBLE = (
    "\u00ad\u115f\u1160\u180e\u200b\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f"
)
_UNSEEN = re.compile(f"[{_DIRECTION}{_INVISIBLE}]")
# Control characters (C0, C1) that are no white space, and halves of surrogate pairs, which UTF-8 cannot carry.
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff]")
_SPACE = re.compile(r"\s+")
# Marks pile up on one letter and paint over the lines above and below it.
_MARKS = 4


def clean(text: str, limit: int = SHOWN) -> str:
    """`text` on one line: no control, direction or invisible characters, cut to `limit` with an ellipsis."""
    shown = _seen(text[: limit * 8])  # what is far beyond the limit is not worth looking at
    shown = _SPACE.sub(" ", shown).strip()
    return shown if len(shown) <= limit else shown[: limit - 1].rstrip() + "…"


def clean_lines(text: str, limit: int = 2000) -> str:
    """Return as `clean`, but lines stay lines (a comment in its text area); more than one empty line becomes one."""
    lines = [_SPACE.sub(" ", _seen(line)).strip() for line in text[: limit * 8].splitlines()]
    shown = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return shown if len(shown) <= limit else shown[: limit - 1].rstrip() + "…"


def without_unseen(text: str) -> str:
    """`text` without the characters that change how others are read: direction, invisible ones and controls."""
    return _CONTROL.sub("", _UNSEEN.sub("", text))


def _seen(text: str) -> str:
    kept = without_unseen(text)
    if kept.isascii():
        return kept
    return _few_marks(unicodedata.normalize("NFC", kept))


def _few_marks(text: str) -> str:
    out: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _MARKS:
            out.append(character)
    return "".join(out)
