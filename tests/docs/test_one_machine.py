"""docs/one-machine.md, backup.md and scale.md: what they tell to type is there, the unit file is one, and a container made as
the page says would run: its files are enough, its user may write, its volumes and its health check are where they must be."""

import fnmatch
import json
import re
import shlex
import shutil
import subprocess
import sys
from argparse import Namespace
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
import yaml
from starlette.responses import PlainTextResponse

from bench import cluster
from localhost.commands.cli import _parser
from localhost.host.readiness import Readiness
from scripts.check_container import commands, steps

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("one-machine.md", "backup.md", "scale.md")
_OTHERS = {
    "--rm",
    "--memory",
    "--require-hashes",
    "--stop-timeout",
    "--env-file",
    "--system",
    "--no-cache-dir",
    "--soak",
    "--rate",
    "--user-group",
    "--home-dir",
    "--interval",
    "--timeout",
    "--start-period",
    "--format",
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
    text = (DOCS / page).read_text()
    of_cluster = {flag for given in re.findall(r'make cluster ARGS="(.*?)"', text) for flag in _flags(given)}
    assert of_cluster <= {option for action in cluster.parser()._actions for option in action.option_strings}
    assert _flags(text) - of_cluster <= known | _OTHERS


def _flags(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))


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


def _steps() -> list[tuple[str, str]]:
    """The instructions of the Containerfile, in order: (word, the rest)."""
    return [*steps((DOCS.parent / "Containerfile").read_text("utf-8"))]


def _step(word: str) -> str:
    (found,) = [rest for name, rest in _steps() if name == word]
    return found


def _podman(command: str) -> list[str]:
    lines = _block("sh").replace("\\\n", " ").splitlines()
    (found,) = [shlex.split(line) for line in lines if line.startswith(f"podman {command} ")]
    return found


def _run() -> tuple[list[str], list[str]]:
    """`podman run`: what podman takes, and what the service takes."""
    words = _podman("run")
    image = words.index("mfa-reset")
    return words[:image], words[image + 1 :]


def _options(words: list[str], flag: str) -> list[str]:
    return [value for name, value in pairwise(words) if name == flag]


def _served(words: list[str]) -> Namespace:
    """A command line as `python -m localhost` reads it; exits where it would."""
    return _parser().parse_args(words[words.index("localhost") + 1 :])


def test_the_containerfile_has_only_what_a_builder_knows() -> None:
    known = {"FROM", "RUN", "WORKDIR", "COPY", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT"}
    assert {word for word, _ in _steps()} == known


def test_check_container_runs_every_step() -> None:
    shell = commands()
    for word, rest in _steps():
        if word == "RUN":
            assert rest in shell
        if word in {"WORKDIR", "USER"}:
            assert rest in shell
    # As the image's user, asked for its health, and stopped as an engine stops it.
    assert f"setpriv --reuid {_step('USER')} " in shell
    assert "/ready" in shell
    assert f"kill -s {_step('STOPSIGNAL').removeprefix('SIG')} " in shell
    done = subprocess.run([str(shutil.which("bash")), "-n"], input=shell, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_containers_python_is_ours() -> None:
    version = (DOCS.parent / ".python-version").read_text().strip()
    assert re.search(r"/python:([0-9.]+)-", _step("FROM"))[1] == version  # type: ignore[index]  # None fails as well


def test_the_containers_user_is_made_and_owns_the_data_directory() -> None:
    steps = _steps()
    before = steps[: [word for word, _ in steps].index("USER")]
    user, data = _step("USER"), str(_served(json.loads(_step("ENTRYPOINT"))).data)
    runs = [part.split() for word, rest in before if word == "RUN" for part in rest.split("&&")]
    (made,) = [part for part in runs if part[0] == "useradd"]
    (given,) = [part for part in runs if part[0] == "install"]
    assert user not in {"root", "0"}
    assert made[-1] == user
    assert _options(made, "--home-dir") == [data]
    assert (_options(given, "-o"), _options(given, "-m"), given[-1]) == ([user], ["0700"], data)
    assert _step("VOLUME") == data


def test_the_command_lines_of_container_and_unit_are_accepted() -> None:
    _, ours = _run()
    served = _served(json.loads(_step("ENTRYPOINT")) + ours)
    assert (served.host, str(served.port)) == ("0.0.0.0", _step("EXPOSE"))  # noqa: S104 - inside the container
    assert served.graph == "https://graph.microsoft.com"
    unit = re.search(r"^ExecStart=(.*)$", _block("ini"), re.MULTILINE)
    assert unit is not None
    assert _served(unit[1].split()).trust_proxy == ["127.0.0.1"]


def test_every_path_of_the_container_is_mounted_and_its_port_is_local() -> None:
    podman, ours = _run()
    mounts = [mount.split(":") for mount in _options(podman, "-v")]
    paths = {word for word in (*json.loads(_step("ENTRYPOINT")), *ours) if word.startswith("/")}
    assert paths == {inside for _, inside, *_ in mounts}
    assert all(how == ["ro"] for _, inside, *how in mounts if inside != _step("VOLUME"))
    assert _options(podman, "-p") == [f"127.0.0.1:{_step('EXPOSE')}:{_step('EXPOSE')}"]


async def test_the_health_check_asks_for_a_route_that_there_is() -> None:
    assert _options(_podman("build"), "--format") == ["docker"]  # the other format has no health check
    _, _, command = _step("HEALTHCHECK").partition(" CMD ")
    url = re.search(r"urlopen\('(.*?)'", json.loads(command)[-1])
    assert url is not None
    assert httpx.URL(url[1]).port == int(_step("EXPOSE"))
    app = Readiness(PlainTextResponse("not here", 404), lambda: "")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as http:
        assert (await http.get(url[1])).status_code == 200


def _ignored(path: str) -> bool:
    """Whether .dockerignore names it or a folder it is in. Without `**/` a pattern is for the top alone."""
    lines = (DOCS.parent / ".dockerignore").read_text().splitlines()
    parts = path.split("/")
    for line in (line for line in lines if line and not line.startswith("#")):
        anywhere, pattern = line.startswith("**/"), line.removeprefix("**/")
        if any(fnmatch.fnmatchcase(part, pattern) for part in (parts if anywhere else parts[:1])):
            return True
    return False


def test_nothing_of_this_machine_gets_into_the_image() -> None:
    lines = (DOCS.parent / ".gitignore").read_text().splitlines()
    made_here = [line.rstrip("/").replace("*", "some") for line in lines if line]
    assert ".data" in made_here
    assert [name for name in (".git", "settings.env", "keys/tls.pem", *made_here) if not _ignored(name)] == []


def test_what_gets_into_the_image_is_enough(tmp_path: Path) -> None:
    root, image = DOCS.parent, tmp_path / "image"

    def ignore(folder: str, names: list[str]) -> list[str]:
        return [name for name in names if _ignored((Path(folder) / name).relative_to(root).as_posix())]

    shutil.copytree(root, image, ignore=ignore)
    for word, rest in _steps():
        if word == "COPY":
            assert (image / rest.split()[0]).exists()
    # It indexes the whole app, and needs no port.
    data = tmp_path / "data"
    data.mkdir()
    command = [sys.executable, "-m", "localhost", "verify-audit", "--data", str(data)]
    done = subprocess.run(command, cwd=image, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "0 request(s), 0 broken\n"), done.stderr


def test_the_page_says_that_an_audit_is_verified_with_the_host_stopped() -> None:
    page = (DOCS / "one-machine.md").read_text()
    (command,) = re.findall(r"^    .venv/bin/python -m localhost (verify-audit --data .*)$", page, re.MULTILINE)
    assert _parser().parse_args(command.split()).data == Path("/var/lib/mfa-reset")
    assert "needs the host stopped" in page


def test_hadolint_finds_nothing_in_the_containerfile() -> None:
    tool = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([tool, "Containerfile"], cwd=DOCS.parent, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_compose_runs_the_container_as_the_page_does() -> None:
    (service,) = yaml.safe_load((DOCS.parent / "compose.yaml").read_text("utf-8"))["services"].values()
    podman, ours = _run()
    assert service["build"] == {"context": ".", "dockerfile": "Containerfile"}
    assert service["command"] == ours
    assert service["volumes"] == _options(podman, "-v")
    assert service["ports"] == _options(podman, "-p")
    assert [service["mem_limit"]] == _options(podman, "--memory")
    assert [service["env_file"]] == _options(podman, "--env-file")
    assert service["stop_grace_period"] == f"{_options(podman, '--stop-timeout')[0]}s"


def test_the_dev_container_has_our_python_and_sets_itself_up() -> None:
    made = json.loads((DOCS.parent / ".devcontainer/devcontainer.json").read_text("utf-8"))
    assert made["image"].endswith(f":{(DOCS.parent / '.python-version').read_text().strip()}")
    assert made["postCreateCommand"] == "make setup"
    # Of containers.dev's devContainer.base.schema.json, which takes other keys without a word.
    assert made.keys() == {"name", "image", "features", "postCreateCommand", "forwardPorts", "customizations"}
    assert all(isinstance(port, int) for port in made["forwardPorts"])
