import sys

from localhost.cli import main

sys.exit(main())
