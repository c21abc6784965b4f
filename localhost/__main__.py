import sys

from localhost.commands.cli import main

sys.exit(main())
