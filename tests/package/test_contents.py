"""What belongs in the package is listed; whatever else lies in a checkout stays out of it."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from scripts.package import copy_app
from scripts.packaging.contents import FILES, app_files, reached
from tests.system import ROOT

# Left behind by somebody: in the checkout, and in folders whose other files belong in the package.
STRAY = [
    "secret.txt",
    "key.pem",
    "settings.env",
    ".env",
    "policy.toml",
    "local.settings.json",
    "backup.tar.gz",
    "host.json.bak",
    "function_app.py.orig",
    "domain/secret.txt",
    "domain/scratch.py",
    "graph/certificate.pfx",
    "messaging/templates/approval.html~",
    "records/backup.sqlite",
    "web/static/console/key.pem",
    "web/templates/settings.env",
]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what git knows of this checkout, in a repository of its own."""
    copy = tmp_path / "checkout"
    for name in _git(ROOT, "ls-files", "-z"):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, copy / name)
    _git(copy, "init", "--quiet")
    _git(copy, "add", "--all")
    return copy


def _git(folder: Path, *arguments: str) -> list[str]:
    """Run git in a folder; return the names that it lists, separated by zero bytes."""
    command = ["git", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.split("\0")[:-1]


def _packaged(checkout: Path, to: Path) -> set[str]:
    copy_app(checkout, to, scheduler=False)
    return {path.relative_to(to).as_posix() for path in to.rglob("*") if path.is_file()}


@pytest.mark.parametrize("is_added", [False, True], ids=["unknown to git", "added to git"])
def test_what_lies_around_stays_out(checkout: Path, tmp_path: Path, is_added: bool) -> None:
    before = _packaged(checkout, tmp_path / "before")
    for name in STRAY:
        (checkout / name).write_text("hunter2", "utf-8")
    if is_added:
        _git(checkout, "add", "--all", "--force")
    after = _packaged(checkout, tmp_path / "after")
    assert after == before
    assert not after & set(STRAY)
    assert not [path for path in (tmp_path / "after").rglob("*") if path.is_file() and b"hunter2" in path.read_bytes()]


def test_a_template_that_git_does_not_know_stays_out(checkout: Path, tmp_path: Path) -> None:
    (checkout / "messaging/templates/secret.txt").write_text("hunter2", "utf-8")
    assert "messaging/templates/secret.txt" not in _packaged(checkout, tmp_path / "package")


def test_the_app_is_in_it_and_its_tools_are_not() -> None:
    files = {str(file) for file in app_files(ROOT)}
    assert {"function_app.py", "host.json", "requirements.txt", "services.py", "web/static/style.css"} <= files
    assert not {
        file
        for file in files
        if file.partition("/")[0] in {"localhost", "tests", "bench", "client", "scripts", "infra"}
    }
    assert [file for file in files if file.endswith((".md", ".toml", ".example"))] == []


def test_every_pattern_of_the_list_finds_something() -> None:
    files = [str(file) for file in app_files(ROOT)]
    patterns = [pattern for pattern in FILES if not any(Path(file).match(pattern) for file in files)]
    assert patterns == []


def test_every_file_that_the_app_reads_beside_its_modules_is_in_it() -> None:
    """All that git knows in the folders of templates, and under web/static."""
    folders = ["messaging/templates", "messaging/comments", "web/templates", "web/static"]
    listed = _git(ROOT, "ls-files", "-z", *folders)
    assert len(listed) > 30
    assert set(listed) <= {str(file) for file in app_files(ROOT)}


def test_an_import_counts_wherever_it_stands(tmp_path: Path) -> None:
    for name, text in {
        "start.py": "import json\nfrom shop import till\n\ndef later():\n    import shop.cellar.door\n",
        "shop/__init__.py": "",
        "shop/till.py": "if True:\n    from prices import EUR\n",
        "shop/cellar/__init__.py": "",
        "shop/cellar/door.py": "",
        "shop/attic.py": "",
        "prices.py": "EUR = 1\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    expected = {
        "start.py",
        "shop/__init__.py",
        "shop/till.py",
        "shop/cellar/__init__.py",
        "shop/cellar/door.py",
        "prices.py",
    }
    assert reached(tmp_path, "start.py") == expected


@pytest.mark.parametrize("scheduler", [False, True])
def test_what_scales_the_app_finds_its_hub_in_the_file(tmp_path: Path, scheduler: bool) -> None:
    """Of the settings it takes only what `%...%` stands for, and that in the hub's name alone."""
    copy_app(ROOT, tmp_path, scheduler=scheduler)
    durable = json.loads((tmp_path / "host.json").read_text("utf-8"))["extensions"]["durableTask"]
    assert durable["hubName"] == "%TASK_HUB_NAME%"
    expected = {"type": "azureManaged", "connectionStringName": "DURABLE_TASK_SCHEDULER_CONNECTION_STRING"}
    if scheduler:
        assert durable["storageProvider"] == expected
    else:
        assert "type" not in durable["storageProvider"]  # Azure Storage is what the host takes without
        assert "connectionStringName" not in durable["storageProvider"]  # AzureWebJobsStorage, likewise
    own = json.loads((ROOT / "host.json").read_text("utf-8"))
    packaged = json.loads((tmp_path / "host.json").read_text("utf-8"))
    for host in (own, packaged):
        host["extensions"]["durableTask"].pop("storageProvider")
    assert packaged == own
