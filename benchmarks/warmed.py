"""Plans a small agency's week once, so that processes forked afterwards know every statement.

Translating the SQL takes a third of a command on a small agency. Translations are kept for the life
of a process; a forked one has those of its parent. Nothing stays open: the home is removed.
"""

import tempfile
from pathlib import Path

from benchmarks.small_agency import WEEK, make_small_agency, small_settings
from benchmarks.small_home import make_small_home

with tempfile.TemporaryDirectory() as _folder:
    make_small_agency(Path(_folder))
    make_small_home(small_settings(Path(_folder)), [WEEK])
