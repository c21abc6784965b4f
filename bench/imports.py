"""`python -m bench.imports`: how long `function_app.py` takes to import, next to the packages that it needs."""

import subprocess
import sys

from bench.processes import ROOT
from bench.settings import settings

_ROUNDS = 5
# The very modules of other packages that the app brings in, in the order in which it does.
_LIST = (
    "import sys, sysconfig, function_app; libs = sysconfig.get_paths()['purelib']; "
    "print(' '.join(n for n, m in list(sys.modules.items()) if (getattr(m, '__file__', None) or '').startswith(libs)))"
)


def imports() -> str:
    listed = _python(_LIST).split()
    bare = "import importlib\nfor name in " + repr(listed) + ":\n importlib.import_module(name)"
    # By turns, so that what else the machine does meets both; the least of each, for the same reason.
    took = [(_seconds("import function_app"), _seconds(bare)) for _ in range(_ROUNDS)]
    app, packages = (min(each) for each in zip(*took, strict=True))
    return (
        f"import of function_app.py {app:.2f} s of CPU, its packages alone {packages:.2f} s: {app / packages:.2f} times"
    )


def _seconds(code: str) -> float:
    return float(_python(f"import time; start = time.process_time()\n{code}\nprint(time.process_time() - start)"))


def _python(code: str) -> str:
    # Installed packages are there as bytecode, so our own modules have to be, too: else it is the compiler that is measured.
    environment = {name: value for name, value in settings().items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True, env=environment
    )
    return done.stdout.splitlines()[-1]


if __name__ == "__main__":
    print(imports())
