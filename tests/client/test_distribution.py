"""The distribution of the client: built from the tree, accepted by PyPI's checks, complete."""

import subprocess
import sys
import tarfile
from email import message_from_string
from email.message import Message
from pathlib import Path
from zipfile import ZipFile

import pytest

from mfa_reset_client.version import __version__
from tests.system import ROOT

CLIENT = ROOT / "client"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    # The pinned backend of this environment builds it: an isolated one would download another.
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(CLIENT)]
    subprocess.run(build, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> ZipFile:
    return ZipFile(next(built.glob("*.whl")))


@pytest.fixture(scope="module")
def metadata(wheel: ZipFile) -> Message:
    (name,) = (name for name in wheel.namelist() if name.endswith("/METADATA"))
    return message_from_string(wheel.read(name).decode())


def test_twine_accepts_it(built: Path) -> None:
    check = [sys.executable, "-m", "twine", "check", "--strict", *map(str, built.iterdir())]
    result = subprocess.run(check, check=False, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout
    assert result.stdout.count("PASSED") == 2


def test_the_wheel_holds_every_module_and_nothing_else(wheel: ZipFile) -> None:
    modules = {str(path.relative_to(CLIENT)) for path in (CLIENT / "mfa_reset_client").rglob("*.py")}
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert packed == modules | {"mfa_reset_client/locale/de.mo", "mfa_reset_client/py.typed"}


def test_the_metadata_says_what_pypi_shows(metadata: Message) -> None:
    assert metadata["Version"] == __version__
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["Author"]
    labels = {text.partition(",")[0] for text in metadata.get_all("Project-URL", [])}
    assert labels == {"Homepage", "Documentation", "Source", "Issues", "Changelog"}
    assert "Typing :: Typed" in metadata.get_all("Classifier", [])


def test_the_readme_stands_alone(metadata: Message) -> None:
    """On PyPI no relative link leads anywhere."""
    readme = (CLIENT / "README.md").read_text()
    assert metadata.get_payload() == readme
    links = [part.partition(")")[0] for part in readme.split("](")[1:]]
    assert links
    assert all(link.startswith("https://") for link in links)


def test_licence_and_changelog_are_packed(built: Path, wheel: ZipFile) -> None:
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in wheel.namelist())
    with tarfile.open(next(built.glob("*.tar.gz"))) as sdist:
        assert {"LICENSE", "CHANGELOG.md", "README.md"} <= {Path(name).name for name in sdist.getnames()}
    assert (CLIENT / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()
