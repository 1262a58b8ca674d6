"""A small agency's SQL: one object of each kind."""

from pathlib import Path

from eros_assets.warehouse.sql.library import SqlLibrary
from eros_assets.warehouse.sql.objects import Column, Kind, RoutineParameter, SqlObject

FINGERPRINT = "0123456789abcdef" * 4

BOOKINGS = """
CREATE TABLE IF NOT EXISTS `${dataset}.bookings` (
  studio STRING OPTIONS (description = "Studio."),
  day DATE OPTIONS (description = "LA date."),
  guests INT64 OPTIONS (description = "Guests."),
  tags ARRAY<STRING> OPTIONS (description = "What they came for.")
)
PARTITION BY day
CLUSTER BY studio;
"""

FILL_RATE = """
CREATE OR REPLACE FUNCTION `${dataset}.fill_rate`(guests FLOAT64, places FLOAT64)
RETURNS FLOAT64
AS (SAFE_DIVIDE(guests, IF(places > 0, places, ERROR('places must be more than 0'))));
"""

BUSY_DAYS = """
CREATE OR REPLACE TABLE FUNCTION `${dataset}.busy_days`(p_studio STRING, p_guests INT64)
AS (
  WITH days AS (SELECT studio, day FROM `${dataset}.bookings` WHERE guests >= p_guests)
  SELECT studio, day FROM days WHERE studio = p_studio
);
"""

BOOK = """
CREATE OR REPLACE PROCEDURE `${dataset}.book`(
  IN p_studio STRING, IN p_day DATE, IN p_guests INT64, OUT p_booked INT64, OUT p_note STRING
)
BEGIN
  IF p_guests < 1 THEN
    RAISE USING MESSAGE = CONCAT('book: a booking needs a guest, not ', CAST(p_guests AS STRING));
  END IF;
  SELECT studio, day FROM `${dataset}.busy_days`(p_studio, 1);
END;
"""

TIDY = """
CREATE OR REPLACE PROCEDURE `${dataset}.tidy`()
BEGIN
  SELECT 1 AS tidied;
END;
"""

OPEN_DAYS = """
CREATE OR REPLACE VIEW `${dataset}.open_days` AS
SELECT studio, day FROM `${dataset}.bookings` WHERE guests = 0;
"""


def _object(
    name: str,
    kind: Kind,
    text: str,
    dependencies: tuple[str, ...] = (),
    parameters: tuple[RoutineParameter, ...] = (),
    columns: tuple[Column, ...] = (),
) -> SqlObject:
    return SqlObject(
        name=name,
        kind=kind,
        path=Path("sql") / f"{name}.sql",
        text=text.strip() + "\n",
        description=f'What {name} does, in the "studio".',
        dependencies=frozenset(dependencies),
        parameters=parameters,
        columns=columns,
        fingerprint=FINGERPRINT,
    )


LIBRARY = SqlLibrary(
    [
        _object(
            "bookings",
            "table",
            BOOKINGS,
            columns=(
                Column("studio", "STRING", "Studio."),
                Column("day", "DATE", "LA date."),
                Column("guests", "INT64", "Guests."),
                Column("tags", "ARRAY<STRING>", "What they came for."),
            ),
        ),
        _object("fill_rate", "function", FILL_RATE),
        _object("busy_days", "table_function", BUSY_DAYS, ("bookings",)),
        _object("tidy", "procedure", TIDY),
        _object(
            "book",
            "procedure",
            BOOK,
            ("busy_days",),
            (
                RoutineParameter("p_studio", "STRING", "IN"),
                RoutineParameter("p_day", "DATE", "IN"),
                RoutineParameter("p_guests", "INT64", "IN"),
                RoutineParameter("p_booked", "INT64", "OUT"),
                RoutineParameter("p_note", "STRING", "OUT"),
            ),
        ),
        _object("open_days", "view", OPEN_DAYS, ("bookings",)),
        _object("guests_today", "operation", "SELECT 1"),
    ]
)
