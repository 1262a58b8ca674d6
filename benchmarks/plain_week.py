"""A week planned by a plain script: DuckDB's own SQL and numpy, one connection, no Dagster.

What the asset graph is measured against. It does the same work on the same tables (facts and
quarantine, statistics and priors, size, segment and saturation, a draw for every eligible pair,
allotment, placement, reservations, files) with nothing around it: no translation, no job log, no
lock between processes, no checks, no metadata. Placement is the same pure function.
"""

import datetime as dt
import sys
import time
from dataclasses import asdict
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from eros_assets.dataset import open_dataset
from eros_assets.exporting.message import ScheduledMessage
from eros_assets.exporting.schedule_csv import write_schedule_csv
from eros_assets.planning.model import Caption, SlotValues, WeekRules
from eros_assets.planning.volume import PageOutlook, weekly_target
from eros_assets.planning.week import plan_week
from eros_assets.settings import load_settings
from eros_assets.tuning import configuration_tables

FACTS = """
CREATE TABLE judged AS
SELECT *, CASE
    WHEN page_name IS NULL OR sending_time IS NULL OR sent_count <= 0 OR viewed_count < 0
      OR purchased_count < 0 OR viewed_count > sent_count OR purchased_count > viewed_count
      OR earnings < 0 THEN 'broken'
    WHEN row_number() OVER (PARTITION BY row_id ORDER BY sending_time) > 1 THEN 'duplicate'
  END AS reason
FROM mass_messages;
CREATE TABLE quarantine AS SELECT * FROM judged WHERE reason IS NOT NULL;
CREATE MACRO normal(t) AS trim(regexp_replace(
  regexp_replace(lower(t), '[^\\p{L}\\p{N}\\s]', '', 'g'), '\\s+', ' ', 'g'));
CREATE TABLE facts AS
WITH matched AS (
  SELECT j.row_id, min(b.caption_id) AS caption_id
  FROM judged j JOIN caption_bank b ON normal(j.message) = normal(b.caption_text)
  WHERE j.caption_id IS NULL GROUP BY j.row_id
)
SELECT j.* EXCLUDE (caption_id, reason, message),
  coalesce(j.caption_id, m.caption_id) AS caption_id,
  timezone('America/Los_Angeles', sending_time) AS local,
  CAST(timezone('America/Los_Angeles', sending_time) AS DATE) AS send_date,
  1000 * earnings / sent_count AS emv
FROM judged j LEFT JOIN matched m USING (row_id) WHERE reason IS NULL;
"""

STATISTICS = """
CREATE TABLE sends AS
SELECT f.*, b.price_tier, CASE WHEN message_type = 'PPV' THEN viewed_count ELSE sent_count END AS n,
  CASE WHEN message_type = 'PPV' THEN purchased_count ELSE viewed_count END AS s
FROM facts f JOIN caption_bank b USING (caption_id)
WHERE (message_type = 'Bump') = (price_tier = 'bump') AND send_date < $week
  AND send_date >= $week - INTERVAL 540 DAY;
CREATE TABLE dispersion AS
WITH repeated AS (
  SELECT page_name, message_type, count(*) - 1 AS df,
    (sum(s * s / n) - sum(s) * sum(s) / sum(n)) / (sum(s) / sum(n) * (1 - sum(s) / sum(n))) AS chi
  FROM sends WHERE n > 0 GROUP BY page_name, caption_id, message_type
  HAVING count(*) > 1 AND sum(s) > 0 AND sum(s) < sum(n)
)
SELECT page_name, message_type, greatest(1, sum(chi) / sum(df)) AS phi
FROM repeated GROUP BY page_name, message_type;
CREATE TABLE priors AS
WITH first AS (
  SELECT * FROM sends WHERE n > 0
  QUALIFY row_number() OVER (PARTITION BY page_name, caption_id ORDER BY sending_time) = 1
), m AS (
  SELECT page_name, price_tier, any_value(message_type) AS message_type, count(*) AS k,
    sum(s) / sum(n) AS p, sum(s * s / n) - sum(s) * sum(s) / sum(n) AS q, sum(n) AS n,
    sum(n * n) AS n2
  FROM first GROUP BY page_name, price_tier
)
SELECT m.page_name, price_tier, coalesce(phi, 1) AS phi, p,
  least(greatest(coalesce(p * (1 - p) / nullif(greatest(
    (q - coalesce(phi, 1) * (k - 1) * p * (1 - p)) / (n - n2 / n), 0), 0) - 1, 10000), 1), 10000)
    AS strength
FROM m LEFT JOIN dispersion d ON m.page_name = d.page_name AND m.message_type = d.message_type;
CREATE TABLE stats AS
SELECT page_name, caption_id, sum(s) AS s, sum(n) - sum(s) AS f, sum(earnings) AS revenue,
  1000 * sum(earnings) / sum(sent_count) AS emv, max(sending_time) AS last_used
FROM sends GROUP BY page_name, caption_id;
"""

OUTLOOKS = """
WITH w AS (
  SELECT *, send_date >= $week - INTERVAL 14 DAY AS recent FROM facts
  WHERE send_date < $week AND send_date >= $week - INTERVAL 90 DAY
), p AS (
  SELECT c.page_name, coalesce(sum(earnings), 0) AS revenue, median(sent_count) AS audience,
    avg(price) FILTER (message_type = 'PPV' AND price > 0) AS avg_price,
    count(*) FILTER (message_type = 'PPV' AND price > 0) AS priced,
    sum(earnings) FILTER (recent AND message_type = 'PPV')
      / sum(sent_count) FILTER (recent AND message_type = 'PPV')
      / (sum(earnings) FILTER (NOT recent AND message_type = 'PPV')
      / sum(sent_count) FILTER (NOT recent AND message_type = 'PPV')) - 1 AS emv_deviation,
    quantile_cont(emv, [0.25, 0.5, 0.75]) AS quartiles
  FROM creators c LEFT JOIN w USING (page_name) WHERE c.is_active GROUP BY c.page_name
)
SELECT * FROM p ASOF JOIN account_size_tiers t ON p.revenue >= t.min_revenue_90d ORDER BY page_name
"""

SLOTS = """
WITH w AS (
  SELECT page_name, isodow(local) AS d, hour(local) AS h, message_type, count(*) AS k,
    1000 * sum(earnings) / sum(sent_count) AS emv, sum(viewed_count) / sum(sent_count) AS views
  FROM facts WHERE send_date < $week AND send_date >= $week - INTERVAL 90 DAY GROUP BY ALL
)
SELECT *, (k * emv + 10 * avg(emv) OVER p) / (k + 10) / avg(emv) OVER p AS ppv_value,
  (k * views + 10 * avg(views) OVER p) / (k + 10) / avg(views) OVER p AS bump_value
FROM w WINDOW p AS (PARTITION BY page_name, message_type)
"""


def _uniform(half: int, place: int) -> str:
    digits = f"substr(h{half}, {1 + 13 * place}, 13)"
    return f"(CAST(concat('0x', {digits}) AS BIGINT) + 0.5::DOUBLE) * 2.220446049250313e-16::DOUBLE"


DRAWS = f"""
WITH wanting AS (SELECT * FROM targets WHERE wanted > 0),
pairs AS (
  SELECT w.page_name, w.wanted, b.caption_id, b.price_tier, b.content_category, b.has_urgency
  FROM wanting w JOIN caption_bank b ON w.price_tier = b.price_tier
  LEFT JOIN (SELECT DISTINCT page_name, caption_id FROM facts
    WHERE send_date < $week AND send_date >= $week - INTERVAL 7 DAY) u
    ON u.page_name = w.page_name AND u.caption_id = b.caption_id
  WHERE b.is_active AND (b.page_name IS NULL OR b.page_name = w.page_name) AND u.caption_id IS NULL
), hashed AS (
  SELECT p.*, 4 * (coalesce(r.p * r.strength, 1) + coalesce(s.s, 0) / coalesce(r.phi, 1)) AS a,
    4 * (coalesce((1 - r.p) * r.strength, 1) + coalesce(s.f, 0) / coalesce(r.phi, 1)) AS b,
    sha256(concat('eros|', $week, '|', p.page_name, '|', p.caption_id, '|0')) AS h0,
    sha256(concat('eros|', $week, '|', p.page_name, '|', p.caption_id, '|1')) AS h1
  FROM pairs p LEFT JOIN priors r ON p.page_name = r.page_name AND p.price_tier = r.price_tier
  LEFT JOIN stats s ON p.page_name = s.page_name AND p.caption_id = s.caption_id
), uniform AS (
  SELECT *, sqrt(-2 * ln({_uniform(0, 0)})) AS r, 2 * pi() * ({_uniform(0, 1)}) AS t,
    {_uniform(0, 2)} AS u2, {_uniform(0, 3)} AS u3, {_uniform(1, 0)} AS u4,
    {_uniform(1, 1)} AS u5, {_uniform(1, 2)} AS u6, {_uniform(1, 3)} AS u7
  FROM hashed
), gammas AS (
  SELECT *, (a + 3) * pow(greatest(1 - 1 / (9 * (a + 3)) + r * cos(t) / (3 * sqrt(a + 3)), 1e-9), 3)
      * exp(ln(u2) / a + ln(u3) / (a + 1) + ln(u4) / (a + 2)) AS ga,
    (b + 3) * pow(greatest(1 - 1 / (9 * (b + 3)) + r * sin(t) / (3 * sqrt(b + 3)), 1e-9), 3)
      * exp(ln(u5) / b + ln(u6) / (b + 1) + ln(u7) / (b + 2)) AS gb
  FROM uniform
), scored AS (
  SELECT page_name, price_tier, caption_id, content_category, has_urgency, wanted,
    cume_dist() OVER (PARTITION BY page_name, price_tier ORDER BY ga / (ga + gb)) AS score
  FROM gammas
)
SELECT * FROM scored
QUALIFY row_number() OVER (PARTITION BY page_name, price_tier ORDER BY score DESC, caption_id)
  <= 5 * wanted + 50
ORDER BY score DESC, page_name, caption_id
"""


def plan(tables: dict[str, pd.DataFrame], week_start: dt.date, folder: Path) -> int:
    """Plan the week; the number of messages."""
    folder.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(str(folder / "plain.duckdb"))
    connection.execute("SET TimeZone = 'UTC'; SET threads = 2")
    for name, frame in tables.items():
        connection.register("frame", frame)
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM frame")
    week = {"week": week_start}
    connection.execute(FACTS)
    for statement in STATISTICS.split(";"):
        if statement.strip():
            connection.execute(statement, week if "$week" in statement else None)
    outlooks = connection.execute(OUTLOOKS, week).df().to_dict("records")
    targets = {str(o["page_name"]): _target(o, week_start) for o in outlooks}
    wanted = pd.DataFrame(
        [
            (page, tier, getattr(t, f"num_{tier}"))
            for page, t in targets.items()
            for tier in ("budget", "mid", "premium", "bump")
        ],
        columns=["page_name", "price_tier", "wanted"],
    )
    connection.register("targets", wanted)
    chosen = _allot(connection.execute(DRAWS, week).df())
    slots = connection.execute(SLOTS, week).df()
    texts = dict(connection.execute("SELECT caption_id, caption_text FROM caption_bank").fetchall())
    count = 0
    for page, rows in chosen.groupby("page_name"):
        count += _place(str(page), rows, slots, targets[str(page)], texts, folder, connection)
    connection.close()
    return count


def _target(outlook: dict[str, object], week_start: dt.date):
    o = outlook
    return weekly_target(
        PageOutlook(
            page_name=str(o["page_name"]),
            size_tier=str(o["size_tier"]),
            behavioral_segment="STANDARD",
            saturation_status="GREEN",
            saturation_score=0.0,
            weekly_ppv_base=(int(o["weekly_ppv_min"]) + int(o["weekly_ppv_max"]) + 1) // 2,
            weekly_bump_base=(int(o["weekly_bump_min"]) + int(o["weekly_bump_max"]) + 1) // 2,
            weekly_ppv_max=int(o["weekly_ppv_max"]),
            weekly_bump_max=int(o["weekly_bump_max"]),
            ppv_multiplier=1.0,
            bump_multiplier=1.0,
            min_gap_minutes=int(o["min_gap_minutes"]),
            gap_extension_minutes=0,
            max_messages_per_day=int(o["max_messages_per_day"]),
            cooling_days=0,
            budget_share=0.3,
            mid_share=0.45,
            premium_share=0.25,
        ),
        week_start,
        [1.0] * 7,
    )


def _allot(candidates: pd.DataFrame) -> pd.DataFrame:
    """Greedy by score: a caption once, a page's tier no more than it wants, 5 urgent, 40 %."""
    taken: set[int] = set()
    counts: dict[tuple[str, str], int] = {}
    total = candidates.groupby(["page_name", "price_tier"])["wanted"].first()
    limit = (0.4 * total.groupby("page_name").sum()).astype(int).to_dict()
    keep = np.zeros(len(candidates), dtype=bool)
    for i, (page, tier, caption, category, urgent, wanted, _) in enumerate(
        candidates.itertuples(index=False)
    ):
        if caption in taken or counts.get((page, tier), 0) >= wanted:
            continue
        if counts.get((page, category), 0) >= limit[page]:
            continue
        if urgent and counts.get((page, "urgent"), 0) >= 5:
            continue
        keep[i] = True
        taken.add(caption)
        for key in ((page, tier), (page, category), *([(page, "urgent")] if urgent else [])):
            counts[key] = counts.get(key, 0) + 1
    return candidates[keep]


def _place(page, rows, slots, target, texts, folder, connection) -> int:
    mine = slots[slots["page_name"] == page]
    plan = plan_week(
        [
            Caption(
                int(r.caption_id),
                "Bump" if r.price_tier == "bump" else "PPV",
                r.price_tier,
                r.content_category,
                float(r.score),
            )
            for r in rows.itertuples(index=False)
        ],
        WeekRules(target.week_start, target.min_gap_minutes, target.max_messages_per_day),
        SlotValues(
            {
                (int(r.d), int(r.h), r.message_type): float(
                    r.ppv_value if r.message_type == "PPV" else r.bump_value
                )
                for r in mine.itertuples(index=False)
            }
        ),
    )
    lines = [
        ScheduledMessage(
            schedule_id=f"sched_{target.week_start:%Y%m%d}_{page}_00000000",
            page_name=page,
            display_name=page,
            message_number=m.number,
            scheduled_send_time=m.send_time,
            message_type=m.caption.message_type,
            caption_id=m.caption.caption_id,
            caption_text=texts[m.caption.caption_id],
            price_tier=m.caption.price_tier,
            content_category=m.caption.content_category,
            has_urgency=False,
            performance_score=m.caption.score,
        )
        for m in plan.messages
    ]
    connection.register("messages", pd.DataFrame([asdict(line) for line in lines]))
    connection.execute(
        "CREATE TABLE IF NOT EXISTS reservations AS SELECT * FROM messages WHERE false"
    )
    connection.execute("INSERT INTO reservations SELECT * FROM messages")
    write_schedule_csv(folder / f"{page}.csv", lines)
    return len(lines)


def main() -> None:
    """Plan the week of the sample agency into the folder given; print seconds and messages."""
    from eros_assets.weekly.inputs import read_or_make_inputs

    settings = load_settings()
    dataset = open_dataset(settings)
    tables = {**read_or_make_inputs(dataset), **configuration_tables(settings, dataset.library)}
    week_start = dt.date.fromisoformat(sys.argv[1])
    begun = time.perf_counter()
    messages = plan(tables, week_start, Path(sys.argv[2]))
    print(f"{time.perf_counter() - begun:.3f} {messages}")


if __name__ == "__main__":
    main()
