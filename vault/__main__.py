"""The program: `python -m vault`, and what the console scripts call.

The command line is imported inside, so that stopping the program while it still loads is quiet.
"""

import sys


def main() -> int:
    """Run the command line that was typed and return its exit code."""
    try:
        from vault.cli.main import main as run

        return run()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
