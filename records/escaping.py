"""Names as Table Storage keys: reversible, and in the same order.

Table Storage refuses `/ \\ # ?` in keys; `%` and `'` have a history of being decoded or quoted twice on the way.
Each of these six is written as the character just below it and "1", and that lower character as itself and "0":
`a/b` becomes `a.1b`, `a.b` becomes `a.0b`. Thus "." still sorts before "/", and the escaped beginning of a name is the
beginning of the escaped name, so ranges and prefixes work on escaped keys as they do on names.
"""

import re

_REFUSED = "/\\#?%'"

_ESCAPED = {below + step: f"{chr(below)}{step}" for below in (ord(c) - 1 for c in _REFUSED) for step in (0, 1)}
_NAMES = {escaped: chr(code) for code, escaped in _ESCAPED.items()}
_ESCAPES = re.compile("|".join(re.escape(escaped) for escaped in _NAMES))


def escape(name: str) -> str:
    """Return a key of at most twice as many characters."""
    return name.translate(_ESCAPED)


def unescape(key: str) -> str:
    return _ESCAPES.sub(lambda match: _NAMES[match.group()], key)
