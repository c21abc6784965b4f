"""Read mail addresses and user names out of the forms in which mail programs and ticketing systems write them.

`Adele Vance <adele@contoso.com>`, `mailto:` and links in HTML, Jira's wiki markup and Markdown stand for the address in them.
Whatever cannot be read as exactly one name is refused with the text named, so that it never falls into pieces that are looked
up one by one.
"""

import html
import re
from urllib.parse import unquote

from domain.text import clean
from languages import Message

# How much of a text an error repeats.
_SHOWN = 120
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# No user name has these. (Entra documentation, "Prepare for directory synchronization": userPrincipalName)
_NEVER = re.compile(r'[\s<>\[\]{}"|\\,;]')
_BETWEEN_WORDS = re.compile(r"[\s<>()\[\]\",;:]+")

# HTML. A tag has no address outside of quotes; `<adele@contoso.com>` is none.
_ATTRIBUTES = r"""(?:\s+[\w:-]+(?:\s*=\s*(?:"[^"<>]*+"|'[^'<>]*+'|mailto:[^\s"<>]*+|[^\s"'<>=@]++))?+)*+"""
_INLINE = re.compile(rf"</?(?:b|i|u|em|strong|span|font|small|code)\b{_ATTRIBUTES}\s*/?>", re.IGNORECASE)
_BLOCK = re.compile(
    rf"</?(?:p|br|div|li|ul|ol|table|tbody|thead|tr|td|th|html|body|pre)\b{_ATTRIBUTES}\s*/?>", re.IGNORECASE
)
_TO = r"""(?:"mailto:([^"<>]*)"|'mailto:([^'<>]*)'|mailto:([^\s"<>]*))"""
_LINK = re.compile(rf"<a\b(?=[^<>]*?\shref\s*=\s*{_TO}){_ATTRIBUTES}\s*>([^<>]*+)</a\s*>", re.IGNORECASE)
# Jira: [~name], [label|mailto:address], [label|mailto:address|smart-link], [mailto:address].
# (Atlassian, "Text Formatting Notation": Links)
_WIKI_LINK = re.compile(r"\[(?:([^\[\]|]*)\|)?mailto:([^\[\]|]*)(?:\|[^\[\]|]*)?\](?!\()", re.IGNORECASE)
_WIKI_MENTION = re.compile(r"\[~([^\[\]|:\s@]+@[^\[\]|:\s@]+)\]")
_MARKDOWN = re.compile(r"\[([^\[\]]*)\]\(mailto:([^()\s]*)\)", re.IGNORECASE)
# Slack: <mailto:address|label>.
_LABELLED = re.compile(r"<mailto:([^<>|]*)\|([^<>|]*)>", re.IGNORECASE)

# Commas, semicolons and line ends separate names, but not within quotes, parentheses and angle brackets.
_PIECE = re.compile(r'(?:"[^"\n]*+"|<[^<>\n]*+>|\([^()\n]*+\)|[^,;\n"<(]|["<(])++')
_IN_BRACKETS = re.compile(r"<([^<>]*)>")
_COMMENT = re.compile(r"\s\([^()@]*\)\s*$")
_MAILTO = re.compile(r"^mailto:([^?]*)(?:\?.*)?$", re.IGNORECASE)
_SMTP = re.compile(r"^smtp:", re.IGNORECASE)
_AROUND = ('"', "'", "*", "`")


class AddressError(ValueError):
    """A text is not one address or user name; the message repeats the text and says why."""


def address_of(text: str) -> str:
    """Return the one mail address in `text`, bare. Raises: AddressError."""
    name = name_of(text)
    if "@" not in name:
        raise AddressError(Message("%(name)s is not a mail address", name=_quoted(text)))
    return name


def name_of(text: str) -> str:
    """Return the one address, user principal name or object id in `text`, bare. Raises: AddressError."""
    names = names_in(text)
    if len(names) != 1:
        found = f"names {len(names)} users where one is expected" if names else "is not a user name"
        raise AddressError(f"{_quoted(text)} {found}")
    return names[0]


def names_in(text: str) -> list[str]:
    """Return the names in a text, in its order, with commas, semicolons or white space between them.

    A word without `@` that is no object id is a name only where it is the whole text: the directory says whether it knows it.

    Raises: AddressError.
    """
    names = _names_in(text)
    if len(names) > 1 and not all(map(_is_certain, names)):
        raise AddressError(Message("%(name)s has words in it that are not user names", name=_quoted(text)))
    return names


def _names_in(text: str) -> list[str]:
    names: list[str] = []
    before = ""  # `Vance, Adele <adele@contoso.com>`: a comma within the display name
    for piece in _PIECE.findall(_without_markup(text)):
        if "<" in piece:
            names += _in_brackets(f"{before} {piece}")
            before = ""
            continue
        if before:
            names.append(_name(before))
            before = ""
        words = _COMMENT.sub("", piece).split()
        if len(words) == 1 and not _is_certain(words[0]):
            before = words[0]
        elif len(words) > 1 and not all(map(_is_certain, words)):
            raise AddressError(Message("%(name)s is not a user name", name=_quoted(piece)))
        else:
            names += map(_name, words)
    return [*names, _name(before)] if before else names


def _without_markup(text: str) -> str:
    """Return `text` with links as `label <address>` and without tags."""
    if "<" in text:
        text = _LINK.sub(
            lambda link: _labelled(link[4], link[1] or link[2] or link[3] or ""),
            _BLOCK.sub("\n", _INLINE.sub(" ", text)),
        )
    if "&" in text:
        text = html.unescape(text).replace("\xa0", " ")
    if "[" in text:
        text = _MARKDOWN.sub(lambda link: _labelled(link[1], link[2]), text)
        text = _WIKI_LINK.sub(lambda link: _labelled(link[1] or "", link[2]), text)
        text = _WIKI_MENTION.sub(r" \1 ", text)
    return _LABELLED.sub(lambda link: _labelled(link[2], link[1]), text)


def _labelled(label: str, link: str) -> str:
    """Return what stands behind `mailto:` as an address in brackets; parameters are cut off. (RFC 6068)"""
    return f" {label.strip()} <{unquote(link.partition('?')[0])}>\n"


def _in_brackets(piece: str) -> list[str]:
    """Return the addresses in angle brackets, and the ones that stand bare after the last bracket."""
    *pairs, rest = _IN_BRACKETS.split(piece)
    names = [_of_label(label, _name(word)) for label, word in zip(pairs[::2], pairs[1::2], strict=True)]
    words = rest.split()
    if not all(map(_is_certain, [*names, *words])):
        raise AddressError(Message("%(name)s is not a user name", name=_quoted(piece)))
    return names + [_name(word) for word in words]


def _of_label(label: str, name: str) -> str:
    """Return the name; a display name that is another address could show the one and mean the other."""
    others = [word for word in _BETWEEN_WORDS.split(label) if "@" in word.strip("@")]
    if any(name.casefold() not in {word.casefold(), word.strip("'").casefold()} for word in others):
        raise AddressError(Message("%(name)s names two addresses", name=_quoted(f"{label}<{name}>")))
    return name


def _is_certain(word: str) -> bool:
    return "@" in word or _GUID.fullmatch(word) is not None


def _name(word: str) -> str:
    name = word.strip()
    while len(name) > 2 and name[0] == name[-1] and name[0] in _AROUND:
        name = name[1:-1]
    name = _SMTP.sub("", _MAILTO.sub(lambda link: unquote(link[1]), name))
    if (
        not name
        or name.startswith("(")
        or not name.isprintable()
        or _NEVER.search(name)
        or ("@" in name and not _is_address(name))
    ):
        raise AddressError(Message("%(name)s is not a user name", name=_quoted(word)))
    return name


def _is_address(name: str) -> bool:
    local, _, domain = name.partition("@")
    return bool(local) and bool(domain) and "@" not in domain and not domain.startswith(".")


def _quoted(text: str) -> str:
    return f"'{clean(text, limit=_SHOWN)}'"
