"""The program: `python -m vault`, and what the console scripts call.

The command line is imported inside, so that stopping the program while it still loads is quiet.
"""

import sys
from collections.abc import Sequence
from types import ModuleType


class WithoutPandas:
    """Makes this process one without pandas, as it is where nobody installed it.

    pyarrow loads pandas, where it is installed, as soon as it meets an array of numpy's: a third of
    a second for nothing, since no command uses it.
    """

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        """Say that there is no pandas, and nothing of other modules."""
        if name == "pandas":
            raise ModuleNotFoundError("no command of vault uses pandas", name=name)


def main() -> int:
    """Run the command line that was typed and return its exit code."""
    sys.meta_path.insert(0, WithoutPandas)
    try:
        from vault.cli.frame.main import main as run

        return run()
    except KeyboardInterrupt:
        return 130
    finally:
        # Only the program is without: whoever calls this from another one keeps pandas.
        sys.meta_path.remove(WithoutPandas)


if __name__ == "__main__":
    sys.exit(main())
