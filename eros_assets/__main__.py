"""The command line: `eros --help`, or `python -m eros_assets --help`, lists the commands."""

import atexit
import os
import sys
from contextlib import suppress

from eros_assets.cli.planning import main


def end_quietly() -> None:
    """Make the command's own words the last ones on the error stream.

    When the interpreter ends, DuckDB's bindings (nanobind) list there, in 70 lines, the types that
    other packages' C code still refers to. That stood below the answers of commands, and hid them.
    """
    with suppress(OSError, ValueError):  # nobody reads it any more, or it is closed
        sys.stderr.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


if __name__ == "__main__":
    # Registered before the packages that the command imports: it runs after what they register.
    atexit.register(end_quietly)
    main(prog_name="eros")
