"""The console's pages as text, its static files, and the headers that both go out with."""

import hashlib
import mimetypes
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from web import console_labels
from web.pages import page_headers, pages

_FOLDER = Path(__file__).parent / "static"
# The order counts: the pages' common style is a layer that the console's own style always wins over.
_STYLES = ("style.css", "console/console.css")

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


class StaticFile(NamedTuple):
    content: bytes
    media_type: str


@cache
def static_files() -> dict[str, StaticFile]:
    """Return everything the pages load, by name; `console.css` is the common style and the console's."""
    common, own = ((_FOLDER / name).read_text(encoding="utf-8") for name in _STYLES)
    files = {"console.css": StaticFile(f"@layer common {{\n{common}}}\n{own}".encode(), "text/css")}
    for path in sorted((_FOLDER / "console").iterdir()):
        if path.suffix in {".js", ".svg"}:
            media_type = mimetypes.types_map.get(path.suffix, "text/javascript")
            files[path.name] = StaticFile(path.read_bytes(), media_type)
    return files


@cache
def version() -> str:
    """Return the version of the static files: it changes with any of them, so they can be cached forever."""
    digest = hashlib.sha256()
    for name, file in static_files().items():
        digest.update(name.encode() + b"\n" + file.content)
    return digest.hexdigest()[:12]


def render(template: str, **view: Any) -> str:
    """Return the page of `web/templates/console/<template>` for these views."""
    return (
        pages()
        .get_template(f"console/{template}")
        .render(static=f"/console/static/{version()}", say_=console_labels, **view)
    )


def console_headers() -> dict[str, str]:
    """Return a page's headers. `same-origin`: forms must send their Origin, and no other site gets a URL."""
    return page_headers() | {
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "Referrer-Policy": "same-origin",
    }


def static_headers(media_type: str, *, current: bool) -> dict[str, str]:
    """Return the headers of a static file: immutable under the current version, revalidated under any other."""
    return {
        "Content-Type": f"{media_type}; charset=utf-8",
        "Cache-Control": "public, max-age=31536000, immutable" if current else "no-cache",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
