"""Write the words of the service's pages into the client, which imports nothing of the service.

.venv/bin/python scripts/client_labels.py
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from web import console_labels, containment_labels, labels  # noqa: E402 - the script is started by its path

TARGET = ROOT / "client/mfa_reset_client/labels.py"
HEAD = '''# ruff: noqa: E501
"""Every status, outcome and reason in the words of the service's pages. scripts/client_labels.py writes this file."""

from collections.abc import Mapping

from mfa_reset_client.languages import texts
'''
TABLES: Mapping[str, Mapping[str, str]] = {
    "STATUS": labels.STATUS,
    "TARGET_OUTCOME": labels.TARGET_OUTCOME,
    "UNTOUCHED": labels.UNTOUCHED,
    "METHOD_OUTCOME": labels.METHOD_OUTCOME,
    "EVENT": console_labels.EVENT,
    "UNDO_STATUS": labels.UNDO_STATUS,
    "UNDO_TARGET_OUTCOME": labels.UNDO_TARGET_OUTCOME,
    "UNDO_METHOD_OUTCOME": labels.UNDO_METHOD_OUTCOME,
    "UNDO_EVENT": console_labels.UNDO_EVENT,
    "METHOD_TYPE": labels.METHOD_TYPE,
    "FORECAST": labels.FORECAST,
    "REASON": labels.REASON,
    "ACCESS_PASS": labels.ACCESS_PASS,
    "ACCESS_PASS_REASON": labels.ACCESS_PASS_REASON,
    "FAILURE": console_labels.FAILURE,
    "CONTAINMENT": containment_labels.CONTAINMENT,
    "ACTION_OUTCOME": containment_labels.ACTION_OUTCOME,
    "CONTAINMENT_REASON": containment_labels.CONTAINMENT_REASON,
    "UNREACHABLE": console_labels.UNREACHABLE,
    "FOLLOW_UP": console_labels.FOLLOW_UP,
    "SUSPICION": labels.SUSPICION,
    "LOOKUP": console_labels.LOOKUP,
    "LOOKUP_REASON": console_labels.LOOKUP_REASON,
    "REMOVAL_ALERT": labels.REMOVAL_ALERT,
    "READ_STATE": console_labels.READ_STATE,
    "PARTNER_WARNING": labels.PARTNER_WARNING,
    "PARTNER_STATE": console_labels.PARTNER_STATE,
    "RELATIONSHIP_STATUS": console_labels.RELATIONSHIP_STATUS,
}


def render() -> str:
    """Return the text of the client's module."""
    return HEAD + "".join(_table(name, table) for name, table in TABLES.items())


def _table(name: str, table: Mapping[str, str]) -> str:
    rows = "".join(f"        {_text(code)}: {_text(words)},\n" for code, words in table.items())
    return f"\n{name}: Mapping[str, str] = texts(\n    {{\n{rows}    }}\n)\n"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
