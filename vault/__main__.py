"""`python -m vault`: the same program as the console script."""

import sys

from vault.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
