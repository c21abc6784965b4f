"""What belongs in the package, and nothing else does: the modules that function_app.py reaches, and the files named here.

A file that is none of these stays out, whatever it is and wherever it lies: a secret, a key, a backup, a scratch file. So does one
that git does not know.
"""

import ast
import fnmatch
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

START = "function_app.py"
# What is not Python: read by the Functions host, or by the app beside its modules. `*` does not stand for a slash.
FILES = (
    "LICENSE",
    "host.json",
    "requirements.txt",
    "languages/*.po",
    "messaging/comments/comment.*",
    "messaging/templates/*.html",
    "messaging/templates/*.txt",
    "web/static/style.css",
    "web/static/console/*.css",
    "web/static/console/*.js",
    "web/static/console/*.svg",
    "web/templates/*.html",
    "web/templates/console/*.html",
)


def app_files(root: Path) -> list[PurePosixPath]:
    """Return what belongs in the package, relative to the checkout `root`, sorted."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True, text=True).stdout
    known = {name for name in listed.split("\0") if name and (root / name).is_file()}
    modules = {module for module in reached(root, START) if module in known}
    files = {name for name in known if any(_matches(name, pattern) for pattern in FILES)}
    return sorted(PurePosixPath(name) for name in modules | files)


def _matches(name: str, pattern: str) -> bool:
    return name.count("/") == pattern.count("/") and fnmatch.fnmatchcase(name, pattern)


def reached(root: Path, start: str) -> set[str]:
    """Return the files of all modules of the checkout that `start` imports, directly or not, wherever in them the import stands."""
    found: set[str] = set()
    waiting = {start}
    while waiting:
        name = waiting.pop()
        found.add(name)
        tree = ast.parse((root / name).read_text("utf-8"), name)
        waiting |= {file for module in _imports(tree) for file in _files_of(root, module)} - found
    return found


def _imports(tree: ast.AST) -> Iterator[str]:
    """Every module that is imported, and every name that may be one: `from a import b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _files_of(root: Path, module: str) -> Iterator[str]:
    """The file of a module of the checkout, and those of the packages around it; none for a module of another origin."""
    parts = module.split(".")
    for length in range(1, len(parts) + 1):
        path = PurePosixPath(*parts[:length])
        for file in (path.with_suffix(".py"), path / "__init__.py"):
            if (root / file).is_file():
                yield file.as_posix()
