"""A dataset of its own for each test."""

from tests.sql.conftest import dataset as dataset
from tests.sql.conftest import deployed as deployed
