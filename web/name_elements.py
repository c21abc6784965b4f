"""Names of people and requests within a sentence, as elements."""

from markupsafe import Markup

_NAME = Markup("<b><bdi>{}</bdi></b>")
_TITLED = Markup('<b title="{}"><bdi>{}</bdi></b>')
_REQUEST = Markup('<a href="/console/requests/{}"><bdi>{}</bdi></a>')


def name_element(name: str, title: str = "") -> Markup:
    """Return the element of a name; `title` is what it stands for, such as an address."""
    return _TITLED.format(title, name) if title else _NAME.format(name)


def request_element(request_id: str, text: str) -> Markup:
    """Return the link to a request's page."""
    return _REQUEST.format(request_id, text)
