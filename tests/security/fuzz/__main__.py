"""`python -m tests.security.fuzz [TARGET ...] [--seconds N]`: fuzz with atheris, guided by what each input reaches.

Prints a line per target; what broke one is left in the current directory by libFuzzer (crash-...).
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

# Ends a target that libFuzzer does not end.
_LONGER = 120


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.security.fuzz")
    parser.add_argument(
        "targets", nargs="*", metavar="TARGET", help="some of tests/security/fuzz/targets.py (default: all)"
    )
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default: %(default)s)")
    parser.add_argument("--here", metavar="TARGET", help=argparse.SUPPRESS)
    parser.add_argument("--corpus", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.here:
        fuzz_here(given.here, given.seconds, given.corpus)
    from tests.security.fuzz.targets import TARGETS  # noqa: PLC0415 - instrumented in the process that fuzzes

    if unknown := set(given.targets) - TARGETS.keys():
        parser.error(f"there is no target {', '.join(sorted(unknown))}")
    broken = [name for name in given.targets or TARGETS if not fuzz(name, given.seconds)]
    return 1 if broken else 0


def fuzz(name: str, seconds: int) -> bool:
    """Fuzz one target in a process of its own, which libFuzzer ends; whether it held."""
    from tests.security.fuzz.targets import SEEDS  # noqa: PLC0415 - see above

    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(SEEDS[name]):
            (Path(corpus) / str(number)).write_bytes(seed)
        command = [sys.executable, "-m", "tests.security.fuzz", "--here", name]
        command += ["--seconds", str(seconds), "--corpus", corpus]
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=seconds + _LONGER, check=False
        )
    sys.stdout.write(f"{name:16} {'held' if done.returncode == 0 else 'BROKEN'}\n")
    sys.stdout.flush()
    if done.returncode:
        sys.stderr.write(f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}\n")
    return done.returncode == 0


def fuzz_here(name: str, seconds: int, corpus: str) -> None:
    """Fuzz in this process, and end it."""
    import atheris  # type: ignore[import-not-found,import-untyped,unused-ignore]  # noqa: PLC0415 - a compiled library that nothing else needs

    with atheris.instrument_imports(include=["domain", "jmespath", "standardwebhooks"]):
        from tests.security.fuzz.targets import TARGETS  # noqa: PLC0415 - instrumented as it is imported

    options = [f"-max_total_time={seconds}", "-max_len=4096", "-timeout=10", "-verbosity=0", corpus]
    atheris.Setup([sys.argv[0], *options], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
