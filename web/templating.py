"""The Jinja environment that pages and mails share: strict, escaping, translating, and cleaning whatever it prints."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context, pass_eval_context, select_autoescape
from jinja2.nodes import EvalContext
from jinja2.runtime import Context
from markupsafe import Markup, escape

import languages
from domain.model import iso
from domain.text import clean, clean_lines
from languages.catalogue import active
from languages.texts import shown
from web import containment_labels, labels
from web.times import days, time_element, timed

# A reason or comment may be long; nothing that is printed needs more.
PRINTED = 1000


def environment(folder: Path) -> Environment:
    """Templates of `folder`. A name that a view lacks is an error; `.html` escapes, `.txt` does not need to."""
    jinja = Environment(
        loader=FileSystemLoader(folder),
        autoescape=select_autoescape(["html"], default_for_string=True, default=False),
        undefined=StrictUndefined,
        finalize=_printed,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # a deployed file does not change
    )
    jinja.policies["ext.i18n.trimmed"] = True  # line breaks in a text are no part of it
    # "newstyle": the values come to these functions, which clean and escape them, instead of to a format of the template's.
    jinja.install_gettext_callables(_gettext, _ngettext, newstyle=True)  # type: ignore[attr-defined]
    jinja.globals.update(gettext=_gettext, ngettext=_ngettext, pgettext=_pgettext, npgettext=_npgettext)
    jinja.filters.update(when=languages.when, number=languages.number, time=time_element, days=days)
    jinja.filters.update(
        iso=iso, count=labels.count, exact=_exact, lines=_lines, names=_names, who_asked=labels.who_asked
    )
    jinja.globals.update(labels=labels, say=labels.say, count=labels.count, time_left=labels.time_left, timed=timed)
    jinja.globals.update(containment=containment_labels, language=languages.current, languages=languages.languages)
    return jinja


def _printed(value: object) -> object:
    # Every text passes here on its way out, so that no template can forget it.
    return clean(value, PRINTED) if isinstance(value, str) and not isinstance(value, Markup) else value


@pass_context
def _gettext(context: Context, text: str, /, **values: object) -> str:
    return _filled(context, active().gettext(text), values)


@pass_context
def _ngettext(context: Context, one: str, many: str, num: int, /, **values: object) -> str:
    return _filled(context, active().ngettext(one, many, num), {"num": num} | values)


@pass_context
def _pgettext(context: Context, where: str, text: str, /, **values: object) -> str:
    return _filled(context, active().pgettext(where, text), values)


@pass_context
def _npgettext(context: Context, where: str, one: str, many: str, num: int, /, **values: object) -> str:
    return _filled(context, active().npgettext(where, one, many, num), {"num": num} | values)


def _filled(context: Context, text: str, values: Mapping[str, object]) -> str:
    """The text with its values, which are cleaned and escaped as if they stood in the template; its own markup is ours."""
    if context.eval_ctx.autoescape:
        text = Markup(text)  # noqa: S704 - a catalogue is a file of ours
    return text % {name: _printed(shown(value)) for name, value in values.items()}


@pass_eval_context
def _exact(context: EvalContext, text: str) -> Markup:
    # For links and hidden fields, which must arrive as they are, however long.
    return escape(text) if context.autoescape else Markup(text)  # noqa: S704 - plain text has no markup


@pass_eval_context
def _lines(context: EvalContext, text: str) -> Markup:
    return _exact(context, clean_lines(text))


def _names(values: Iterable[str]) -> Markup:
    """Names of people or customers in a row, each kept apart from the text around it, whichever way it is written."""
    return Markup(", ").join(Markup("<bdi>{}</bdi>").format(clean(value, PRINTED)) for value in values)
