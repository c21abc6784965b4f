"""docs/one-machine.md, backup.md and scale.md: what they tell to type is there, and the unit file is one."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from localhost.cli import _parser

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("one-machine.md", "backup.md", "scale.md")
_OTHERS = {
    "--rm",
    "--memory",
    "--stop-timeout",
    "--env-file",
    "--system",
    "--home",
    "--no-cache-dir",
    "--soak",
    "--rate",
}


def _block(kind: str) -> str:
    found = re.search(rf"```{kind}\n(.*?)```", (DOCS / "one-machine.md").read_text(), re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("page", PAGES)
def test_every_flag_exists(page: str) -> None:
    known: set[str] = set()
    for action in _parser()._actions:
        for command in (action.choices or {}).values() if isinstance(action.choices, dict) else ():
            known |= {option for each in command._actions for option in each.option_strings}
    used = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", (DOCS / page).read_text()))
    assert used <= known | _OTHERS


@pytest.mark.parametrize("page", PAGES)
def test_every_page_and_folder_it_names_exists(page: str) -> None:
    for name in re.findall(r"(?:docs|tests|bench)/[\w./-]*\w", (DOCS / page).read_text()):
        assert (DOCS.parent / name).exists(), name


@pytest.mark.skipif(not (tool := shutil.which("systemd-analyze") or ""), reason="there is no systemd-analyze here")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "mfa-reset.service"
    unit.write_text(_block("ini").replace("/opt/mfa-reset/.venv/bin/python", "/bin/true"))
    done = subprocess.run([tool, "verify", unit], capture_output=True, text=True, check=False)
    about_it = [line for line in done.stderr.splitlines() if "mfa-reset.service" in line]
    assert about_it == []


def test_the_containerfile_has_only_what_a_builder_knows() -> None:
    known = {"FROM", "RUN", "WORKDIR", "COPY", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "ENTRYPOINT"}
    lines = [line for line in _block("dockerfile").splitlines() if line and not line.startswith("#")]
    assert {line.split()[0] for line in lines} == known
