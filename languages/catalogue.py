"""The translations of one language, read from its .po file when they are first needed."""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from typing import cast

from languages.selection import ENGLISH, FOLDER, current


@cache
def translations(code: str) -> NullTranslations:
    """Return the translations into a language of `languages()`. English has none: its texts are their own keys."""
    if code == ENGLISH:
        return NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with (FOLDER / f"{code}.po").open("rb") as file:
        catalogue = read_po(file, locale=code.replace("-", "_"))
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return cast("NullTranslations", GNUTranslations(compiled))


def active() -> NullTranslations:
    """Return the translations into the current language."""
    return translations(current())
