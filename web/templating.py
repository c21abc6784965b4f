"""The Jinja environment that pages and mails share: strict, escaping, and cleaning whatever it prints."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_eval_context, select_autoescape
from jinja2.nodes import EvalContext
from markupsafe import Markup, escape

from domain.text import clean, clean_lines
from web import containment_labels, labels

# A reason or comment may be long; nothing that is printed needs more.
PRINTED = 1000


def environment(folder: Path) -> Environment:
    """Templates of `folder`. A name that a view lacks is an error; `.html` escapes, `.txt` does not need to."""
    jinja = Environment(
        loader=FileSystemLoader(folder),
        autoescape=select_autoescape(["html"], default_for_string=True, default=False),
        undefined=StrictUndefined,
        finalize=_printed,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # a deployed file does not change
    )
    jinja.filters.update(when=labels.when, count=labels.count, iso=_iso, exact=_exact, lines=_lines)
    jinja.globals.update(labels=labels, say=labels.say, count=labels.count, time_left=labels.time_left)
    jinja.globals.update(containment=containment_labels)
    return jinja


def _printed(value: object) -> object:
    # Every text passes here on its way out, so that no template can forget it.
    return clean(value, PRINTED) if isinstance(value, str) and not isinstance(value, Markup) else value


@pass_eval_context
def _exact(context: EvalContext, text: str) -> Markup:
    # For links and hidden fields, which must arrive as they are, however long.
    return escape(text) if context.autoescape else Markup(text)  # noqa: S704 - plain text has no markup


def _lines(text: str) -> Markup:
    return escape(clean_lines(text))


def _iso(at: object) -> str:
    return at.isoformat() if hasattr(at, "isoformat") else str(at)
