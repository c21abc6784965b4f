"""The map says what is there: its paths exist, its walks are short, and no folder of the app is missing from it."""

import re

import pytest

from tests.system import ROOT

MAP = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
PATHS = sorted(set(re.findall(r"`([a-z_]+(?:/[a-z_.]+)*/?(?:\.py)?)`", MAP)))
WALKS = re.findall(r"^## (Walk \d: .*?)$(.*?)(?=^## )", MAP, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("path", [path for path in PATHS if "/" in path or path.endswith(".py")])
def test_every_path_exists(path: str) -> None:
    nested = ["triggers", "localhost", "domain", "reset", "scripts", "tests"]
    assert (ROOT / path).exists() or any((ROOT / folder / path).exists() for folder in nested), path


def test_there_are_three_walks() -> None:
    assert len(WALKS) == 3


@pytest.mark.parametrize(("name", "text"), WALKS, ids=[name for name, _ in WALKS])
def test_a_walk_names_at_most_six_files(name: str, text: str) -> None:
    assert len(set(re.findall(r"`[a-z_/]+\.py`", text))) <= 6, name


def test_every_folder_is_on_the_map() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and any(path.glob("**/*.py"))}
    known = {path.split("/")[0] for path in PATHS}
    assert not {folder for folder in folders if not folder.startswith(".") and folder not in {"build", "dist"}} - known
