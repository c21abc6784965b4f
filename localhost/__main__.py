import sys

if sys.platform == "win32":
    sys.exit("localhost: does not run on Windows itself (it locks files and stops as on POSIX): use WSL or a container")

from localhost.commands.cli import main

sys.exit(main())
