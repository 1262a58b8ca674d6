"""The command line: `eros --help`, or `python -m eros_assets --help`, lists the commands."""

from eros_assets.cli.planning import main

if __name__ == "__main__":
    main(prog_name="eros")
