"""Hooks of mkdocs: the descriptions of the API become files of the site, and links out of docs/ lead to the repository."""

import json
import re
from pathlib import PurePosixPath
from posixpath import normpath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from scripts.api_descriptions import descriptions

_LINK = re.compile(r"\]\(((?!\w+:)[^)#\s]+)(#[^)]*)?\)")


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the descriptions of the API."""
    for name, document in descriptions().items():
        files.append(File.generated(config, name, content=json.dumps(document, indent=2)))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point links that leave docs/, and those to folders in it, to the repository."""
    folder = PurePosixPath(page.file.src_uri).parent

    def target(match: re.Match[str]) -> str:
        path = normpath(str(PurePosixPath("docs") / folder / match[1]))
        inside = path.removeprefix("docs/")
        if path.startswith("docs/") and files.get_file_from_path(inside) is not None:
            return match[0]
        return f"]({config.repo_url}/blob/main/{path}{match[2] or ''})"

    return _LINK.sub(target, markdown)
