"""Runs as a script in a fresh process: imports modules and reports those that fail.

Arguments: the folder to import from, then the modules' names. The last line of the output is a JSON
object of the failures, by module.
"""

import importlib
import json
import sys


def failures(names: list[str]) -> dict[str, str]:
    """The error of each module that can't be imported."""
    found: dict[str, str] = {}
    for name in names:
        try:
            importlib.import_module(name)
        except (Exception, SystemExit) as error:  # whatever one raises, the others are tried too
            found[name] = f"{type(error).__name__}: {error}"
    return found


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    sys.stdout.write("\n" + json.dumps(failures(sys.argv[2:])))
