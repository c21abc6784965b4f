"""Run the steps of Containerfile without a container engine: in a mount namespace of this machine's own Debian.

The base image's Python is stood in for by one of the same version that is bound to /usr/local, where that image has it. All other
steps are run as they are written; then the entry point is started as the image's user, asked by the health check until it is
healthy, and stopped by the stop signal. Needs Linux and root, and downloads what is not cached.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
_SHARED = ("bin", "sbin", "usr", "lib", "lib64", "proc", "dev")
_OF_ITS_OWN = ("etc", "opt", "var/lib", "tmp", "root", "usr/local")


class Step(NamedTuple):
    word: str
    rest: str


def steps(text: str) -> list[Step]:
    """Return the instructions of a Containerfile, in order."""
    lines = text.replace("\\\n", " ").splitlines()
    found = [line.partition(" ") for line in lines if line and not line.startswith("#")]
    return [Step(word, rest.strip()) for word, _, rest in found]


def main() -> int:
    if os.getuid():
        print("check-container: needs root", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        script = Path(folder) / "steps"
        _lay_out(root)
        _context(root / "context")
        script.write_text(_mounts(root) + f"chroot {root} bash -euo pipefail <<'STEPS'\n{commands()}STEPS\n", "utf-8")
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        command = [
            "unshare",
            "--mount",
            "--propagation",
            "private",
            "--pid",
            "--fork",
            "--kill-child",
            "bash",
            "-euo",
            "pipefail",
        ]
        done = subprocess.run([*command, str(script)], env=environment | {"PATH": _PATH}, check=False)
    return done.returncode


_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"


def _lay_out(root: Path) -> None:
    for name in (*_SHARED, *_OF_ITS_OWN):
        (root / name).mkdir(parents=True, exist_ok=True)
    shutil.copytree("/etc", root / "etc", symlinks=True, dirs_exist_ok=True)
    (root / "tmp").chmod(0o1777)


def _context(folder: Path) -> None:
    """What `COPY . .` brings: the commit's files."""
    subprocess.run(["git", "clone", "--quiet", "--depth", "1", f"file://{ROOT}", folder], check=True)
    shutil.rmtree(folder / ".git")


def _mounts(root: Path) -> str:
    (version,) = re.findall(r"/python:([0-9.]+)-", next(step.rest for step in _steps() if step.word == "FROM"))
    if f"{sys.version_info.major}.{sys.version_info.minor}" != version:
        raise SystemExit(f"check-container: run it with Python {version}")
    binds = [("/" + name, root / name) for name in _SHARED if Path("/", name).exists()]
    return "".join(
        f"mount --rbind {source} {target}\n" for source, target in (*binds, (sys.base_prefix, root / "usr/local"))
    )


def commands() -> str:
    """Return a shell script of all steps, for the root of the image-to-be with the commit's files in /context."""
    user, stop = "root", "SIGTERM"
    health: list[str] = []
    lines = ["ldconfig"]  # of the Python that lies in /usr/local here
    for word, rest in _steps():
        if word == "RUN":
            lines.append(f"echo 'check-container: RUN {rest.split()[0]} ...'\n{rest}")
        elif word == "WORKDIR":
            lines.append(f"mkdir -p {rest} && cd {rest}")
        elif word == "COPY":
            source, target = rest.split()
            lines.append(f"cp -a /context/{source} {target}")
        elif word == "USER":
            user = rest
        elif word == "STOPSIGNAL":
            stop = rest
        elif word == "HEALTHCHECK":
            health = json.loads(rest.partition(" CMD ")[2])
        elif word == "ENTRYPOINT":
            # Without --graph it starts the bundled simulator; the settings are those of a trial on this machine.
            lines.append(_started(user, stop, shlex.join(health), shlex.join(json.loads(rest))))
    return "\n".join(lines) + "\n"


def _started(user: str, stop: str, health: str, entry: str) -> str:
    as_user = f"setpriv --reuid {user} --regid {user} --init-groups --reset-env --"
    return (
        f"{as_user} env PUBLIC_BASE_URL=http://127.0.0.1:7071 REQUIRE_SIGN_IN=false {entry} >/tmp/said 2>&1 & host=$!\n"
        f"for _ in $(seq 60); do\n  if {as_user} {health} 2>/dev/null; then healthy=1; break; fi\n"
        "  kill -0 $host 2>/dev/null || break\n  sleep 1\ndone\n"
        '[ -n "${healthy:-}" ] || { cat /tmp/said; echo "check-container: it did not become healthy"; exit 1; }\n'
        f"kill -s {stop.removeprefix('SIG')} $host && wait $host\n"
        f"echo 'check-container: healthy as {user}, and stopped by {stop}'\n"
    )


def _steps() -> list[Step]:
    return steps((ROOT / "Containerfile").read_text("utf-8"))


if __name__ == "__main__":
    sys.exit(main())
