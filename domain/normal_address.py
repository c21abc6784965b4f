"""One spelling of an address, so that one person is one person however a ticket writes them.

An address is an addr-spec: display names, `mailto:` and markup are `domain.addresses`' to take away before.
"""

import re
import unicodedata
from functools import lru_cache

from domain.policy.values import mail_address
from languages import Message

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
# The user principal name of a guest: their address with _ for @, and the tenant that invited them.
# (Entra documentation, "Properties of a Microsoft Entra B2B collaboration user")
_GUEST = re.compile(r"(?P<local>.+)_(?P<domain>[^_@]+)#ext#@.+", re.IGNORECASE)
# Exchange Online delivers to the name before the plus. (Exchange documentation, "Plus Addressing in Exchange Online")
_TAG = re.compile(r"(?<=.)\+[^@]*@")


class AddressError(ValueError):
    """The text is no address that a person could have here; the message says why and does not repeat the text."""

    reason = "badAddress"


def normal_address(text: str) -> str:
    """Return the address in its one spelling: lower case, ASCII, an international domain as punycode.

    Full-width and other compatibility forms become their letters (NFKC), quotes around the local part and the dot after the
    domain go. Raises: AddressError for what is no addr-spec, and for letters that look like others.
    """
    local, at, domain = unicodedata.normalize("NFKC", text).strip().rpartition("@")
    if not at:
        raise AddressError(Message("must be a mail address or user principal name, such as tech@msp.example"))
    if quoted := _QUOTED.fullmatch(local):
        local = re.sub(r"\\(.)", r"\1", quoted[1])
    if not local.isascii():
        # Entra allows A-Z, a-z, 0-9 and ' . - _ ! # ^ ~ in a user principal name.
        # (Entra documentation, "Plan and troubleshoot User Principal Name changes")
        raise AddressError(_lookalike(local) or Message("has letters before the @ that no user principal name has"))
    try:
        return mail_address(f"{local}@{_ascii_domain(domain.removesuffix('.'))}".lower())
    except AddressError:
        raise
    except ValueError:
        raise AddressError(
            Message("must be a mail address or user principal name alone, without a name or quotes")
        ) from None


def known_address(text: str) -> str:
    """Return the normal address of a person in an earlier record, "" for a text that older versions took and that is none."""
    try:
        return normal_address(text)
    except AddressError:
        return ""


@lru_cache(maxsize=1024)  # guards compare the same approvers and protected accounts with each user
def spellings(text: str) -> frozenset[str]:
    """Return the normal spellings under which the person is known whom an address or a name of a directory stands for.

    Without a tag (`lead+t@`), and with a guest's own address for the name of their guest account (`#EXT#`). Text that is no
    address is its own spelling, in lower case.
    """
    try:
        address = normal_address(text)
    except AddressError:
        return frozenset({text.strip().casefold()} - {""})
    if guest := _GUEST.fullmatch(address):
        return frozenset({address}) | spellings(f"{guest['local']}@{guest['domain']}")
    return frozenset({address, _TAG.sub("@", address)})


def all_spellings(*texts: str) -> frozenset[str]:
    """Return the spellings of all of these names of one person."""
    return frozenset().union(*map(spellings, texts))


def _ascii_domain(domain: str) -> str:
    """Return a domain as ASCII (UTS 46, RFC 5891). Raises: AddressError."""
    lower = domain.lower()
    if lower.isascii() and "xn--" not in lower:
        return lower
    import idna

    try:
        ascii_domain = idna.encode(domain, uts46=True, std3_rules=True).decode()
        shown = idna.decode(ascii_domain)
    except idna.IDNAError:
        raise AddressError(Message("has a domain that is no domain name")) from None
    for label in shown.split("."):
        if seen := _lookalike(label):
            raise AddressError(seen)
    return ascii_domain


def _lookalike(text: str) -> str:
    """Return what is wrong with a text of letters that look like Latin ones, "" where nothing is.

    The table is Unicode's own (UTS 39, confusables.txt), as the package `confusable-homoglyphs` keeps it. Letters of two scripts in one
    word are refused where one looks like a Latin letter, and so is a word in which every foreign letter does.
    """
    foreign = {character for character in text if not character.isascii()}
    if not foreign:
        return ""
    from confusable_homoglyphs import confusables

    found = confusables.is_confusable(text, greedy=True, preferred_aliases=["latin"]) or []
    alike = {str(entry["character"]) for entry in found} & foreign
    if alike and (alike == foreign or confusables.is_mixed_script(text)):
        names = ", ".join(unicodedata.name(character, "a character without a name") for character in sorted(alike)[:3])
        return Message("has letters that look like others (%(names)s)", names=names)
    return ""
