"""What the analyser accepts and BigQuery's engine refuses, or does wrong without a word.

REFUSED is as in `wrong_copies`: by what is wrong, the folder, the text with HERE before the place,
and a part of the message. ACCEPTED are near misses that BigQuery runs: nothing may be said of them.
"""

from tests.sql.wrong_copies import FACTS, procedure

CREATORS = "FROM `${dataset}.creators` AS c"
REPORT = (
    "INSERT INTO `${dataset}.holiday_calendar` (holiday_date, holiday_name, volume_factor)\n"
    "SELECT d.holiday_date, d.holiday_name, 1.0 FROM `${dataset}.holiday_calendar` AS d;\n"
)

REFUSED = {
    "outer join by a range": (
        "operations",
        (
            "SELECT c.page_name, g.behavioral_segment\nFROM `${dataset}.creator_performance` AS c\n"
            "«LEFT JOIN `${dataset}.segment_rules` AS g ON c.avg_emv >= g.min_avg_price;\n"
        ),
        "LEFT JOIN without an equality",
    ),
    "outer join by an alternative": (
        "operations",
        (
            f"SELECT c.page_name\n{CREATORS}\n"
            "«FULL JOIN `${dataset}.message_facts` AS f\n"
            "  ON c.page_name = f.page_name OR c.display_name = f.page_name;\n"
        ),
        "FULL JOIN without an equality",
    ),
    "outer join by a constant": (
        "operations",
        (
            f"SELECT c.page_name\n{CREATORS}\n"
            "«RIGHT JOIN `${dataset}.message_facts` AS f ON f.page_name = 'amber_lens';\n"
        ),
        "RIGHT JOIN without an equality",
    ),
    "outer join by an equality of one side": (
        "operations",
        (
            f"SELECT c.page_name\n{CREATORS}\n"
            "«LEFT JOIN `${dataset}.message_facts` AS f ON f.page_name = f.message_type;\n"
        ),
        "LEFT JOIN without an equality",
    ),
    "subquery over a table in ON": (
        "operations",
        (
            f"SELECT c.page_name\n{CREATORS}\n"
            "«INNER JOIN `${dataset}.message_facts` AS f\n"
            "  ON c.page_name = f.page_name\n"
            "  AND f.row_id IN (SELECT q.row_id FROM `${dataset}.quarantined_messages` AS q);\n"
        ),
        "subquery over a table in ON",
    ),
    "MERGE by a range": (
        "operations",
        (
            "«MERGE INTO `${dataset}.holiday_calendar` AS h\n"
            "USING (SELECT DATE '2025-12-25' AS day) AS d ON h.holiday_date >= d.day\n"
            "WHEN NOT MATCHED THEN INSERT (holiday_date) VALUES (d.day);\n"
        ),
        "MERGE with NOT MATCHED whose ON",
    ),
    "correlated subquery as a value": (
        "operations",
        (
            "SELECT c.page_name, «(\n"
            f"  SELECT MAX(f.send_date) {FACTS} WHERE f.page_name = c.page_name\n"
            f") AS newest\n{CREATORS};\n"
        ),
        "correlated subquery as a value",
    ),
    "correlated subquery without an equality": (
        "operations",
        (
            f"SELECT c.page_name {CREATORS}\n"
            f"WHERE «EXISTS (SELECT 1 {FACTS} WHERE f.page_name > c.page_name);\n"
        ),
        "correlated subquery without an equality",
    ),
    "correlated subquery with a LIMIT": (
        "operations",
        (
            f"SELECT c.page_name {CREATORS}\n"
            f"WHERE «EXISTS (SELECT 1 {FACTS} WHERE f.page_name = c.page_name LIMIT 1);\n"
        ),
        "correlated subquery with LimitOffsetScan",
    ),
    "correlated subquery in a SELECT list": (
        "operations",
        (
            f"SELECT c.page_name {CREATORS}\n"
            "WHERE «c.page_name IN (\n"
            f"  SELECT CONCAT(f.page_name, c.display_name) {FACTS}\n"
            ");\n"
        ),
        "correlated subquery with an outer field outside its WHERE",
    ),
    "correlated subquery of an UPDATE": (
        "operations",
        (
            "UPDATE `${dataset}.creators` AS c\n"
            "SET display_name = «(\n"
            f"  SELECT MIN(f.message_type) {FACTS} WHERE f.page_name = c.page_name\n"
            ")\nWHERE c.page_name = 'amber_lens';\n"
        ),
        "correlated subquery as a value",
    ),
    "EXCEPT ALL": (
        "operations",
        f"«SELECT c.page_name {CREATORS}\nEXCEPT ALL\nSELECT f.page_name {FACTS};\n",
        "EXCEPT ALL: BigQuery has DISTINCT alone",
    ),
    "set operation with columns in another order": (
        "operations",
        (
            f"«SELECT c.page_name, c.display_name {CREATORS}\nUNION ALL\n"
            "SELECT d.display_name, d.page_name FROM `${dataset}.creators` AS d;\n"
        ),
        "set operation by position: display_name goes into column page_name",
    ),
    "INSERT with columns in another order": (
        "operations",
        (
            "«INSERT INTO `${dataset}.creators` (page_name, display_name)\n"
            f"SELECT c.display_name, c.page_name {CREATORS};\n"
        ),
        "INSERT by position: display_name goes into column page_name",
    ),
    "array with a NULL element": (
        "operations",
        f"SELECT «ARRAY_AGG(c.display_name) AS names {CREATORS};\n",
        "ARRAY_AGG without IGNORE NULLS",
    ),
    "transaction in a transaction": (
        "procedures",
        procedure("  BEGIN TRANSACTION;\n  «BEGIN TRANSACTION;\n  COMMIT TRANSACTION;"),
        "don't nest",
    ),
    "procedure called in a transaction": (
        "procedures",
        procedure(
            "  BEGIN TRANSACTION;\n  «CALL `${dataset}.update_caption_performance`(p_day, 90);\n"
            "  COMMIT TRANSACTION;",
            "IN p_day DATE",
        ),
        "CALL inside a transaction",
    ),
    "transaction without an end": (
        "operations",
        "«BEGIN TRANSACTION;\nDELETE FROM `${dataset}.creators` WHERE page_name = 'a';\n",
        "BEGIN TRANSACTION without COMMIT",
    ),
    "column added inside a transaction": (
        "operations",
        (
            "BEGIN TRANSACTION;\n«ALTER TABLE `${dataset}.creators` ADD COLUMN IF NOT EXISTS n "
            "INT64;\nCOMMIT TRANSACTION;\n"
        ),
        "inside a transaction",
    ),
    "query parameter in a view": (
        "views",
        (
            "CREATE OR REPLACE VIEW `${dataset}.wrong` AS\n"
            f"SELECT c.page_name {CREATORS} WHERE c.page_name = «@page;\n"
        ),
        "a query parameter in an object",
    ),
    "query parameter in a procedure": (
        "procedures",
        procedure(f"  SELECT c.page_name {CREATORS} WHERE c.page_name = «@page;"),
        "a query parameter in an object",
    ),
    "check that writes": (
        "checks",
        "«DELETE FROM `${dataset}.creators` WHERE page_name = 'a';\n",
        "a check changes nothing",
    ),
    "clone": (
        "operations",
        "CREATE TEMP TABLE IF NOT EXISTS few CLONE «`${dataset}.creators`;\n",
        "CLONE makes a chain",
    ),
    "description that is too long": (
        "tables",
        (
            "CREATE TABLE IF NOT EXISTS `${dataset}.wrong` (n INT64 OPTIONS («description = "
            f"'{'long ' * 300}'));\n"
        ),
        "a description of 1500 characters",
    ),
    "view that is too long": (
        "views",
        "«CREATE OR REPLACE VIEW `${dataset}.wrong` AS SELECT '" + "long " * 60_000 + "' AS n;\n",
        "BigQuery takes 256,000 at most",
    ),
    "rank by a floating sum": (
        "operations",
        (
            "«SELECT t.page_name, ROW_NUMBER() OVER (ORDER BY t.earned DESC) AS place\n"
            f"FROM (SELECT f.page_name, SUM(f.earnings) AS earned {FACTS} GROUP BY f.page_name) "
            "AS t;\n"
        ),
        "ROW_NUMBER by a floating sum",
    ),
    "rank by a mean, through WITH": (
        "operations",
        (
            f"«WITH means AS (SELECT f.page_name, AVG(f.emv) AS emv {FACTS} GROUP BY f.page_name)\n"
            "SELECT m.page_name FROM means AS m\n"
            "QUALIFY RANK() OVER (ORDER BY 1000.0 * m.emv DESC, m.page_name) = 1;\n"
        ),
        "RANK by a floating sum",
    ),
    "rank by a floating sum, through a temporary table": (
        "operations",
        (
            "CREATE OR REPLACE TEMP TABLE few AS\n"
            f"SELECT f.page_name, SUM(f.earnings) AS earned {FACTS} GROUP BY f.page_name;\n"
            "«SELECT few.page_name FROM few\n"
            "QUALIFY ROW_NUMBER() OVER (ORDER BY few.earned DESC) = 1;\n"
        ),
        "ROW_NUMBER by a floating sum",
    ),
    "first rows by a floating sum": (
        "operations",
        f"«SELECT f.page_name {FACTS}\nGROUP BY f.page_name ORDER BY SUM(f.earnings) LIMIT 3;\n",
        "LIMIT of rows in the order of a floating sum",
    ),
    "id of a floating sum": (
        "operations",
        (
            "SELECT TO_HEX(«SHA256(CAST(t.earned AS STRING))) AS id\n"
            f"FROM (SELECT SUM(f.earnings) AS earned {FACTS}) AS t;\n"
        ),
        "SHA256 of a floating sum",
    ),
}

ACCEPTED = {
    "outer join by a key and a range": (
        "operations",
        (
            f"SELECT c.page_name\n{CREATORS}\n"
            "LEFT JOIN `${dataset}.message_facts` AS f\n"
            "  ON LOWER(c.page_name) = f.page_name AND f.send_date >= @since;\n"
        ),
    ),
    "outer join by USING": (
        "operations",
        (
            f"SELECT page_name\n{CREATORS}\n"
            "FULL JOIN `${dataset}.message_facts` USING (page_name);\n"
        ),
    ),
    "inner join by a range": (
        "operations",
        (
            "SELECT c.page_name, g.behavioral_segment\nFROM `${dataset}.creator_performance` AS c\n"
            "INNER JOIN `${dataset}.segment_rules` AS g ON c.avg_emv >= g.min_avg_price;\n"
        ),
    ),
    "semi-join": (
        "operations",
        (
            f"SELECT c.page_name {CREATORS}\nWHERE NOT EXISTS (\n"
            f"  SELECT 1 {FACTS} WHERE f.page_name = c.page_name AND f.send_date > @since\n);\n"
        ),
    ),
    "subquery over the row's own array": (
        "operations",
        (
            "SELECT r.page_name, (SELECT COUNT(*) FROM UNNEST(r.blocked_patterns) AS p) AS n\n"
            "FROM `${dataset}.creator_caption_restrictions` AS r;\n"
        ),
    ),
    "uncorrelated subquery as a value": (
        "operations",
        f"SELECT c.page_name {CREATORS} WHERE c.page_name = (SELECT MIN(f.page_name) {FACTS});\n",
    ),
    "MERGE that replaces all": (
        "operations",
        (
            "MERGE INTO `${dataset}.holiday_calendar` AS h\n"
            "USING (SELECT DATE '2025-12-25' AS day) AS d ON FALSE\n"
            "WHEN NOT MATCHED THEN INSERT (holiday_date) VALUES (d.day);\n"
        ),
    ),
    "INSERT of columns with other names": ("operations", REPORT),
    "set operation of named columns": (
        "operations",
        (
            f"SELECT c.page_name, c.display_name {CREATORS}\nUNION ALL\n"
            f"SELECT f.page_name, f.message_type {FACTS};\n"
        ),
    ),
    "array without NULLs": (
        "operations",
        f"SELECT ARRAY_AGG(c.display_name IGNORE NULLS) AS names {CREATORS};\n",
    ),
    "rank by a rounded sum": (
        "operations",
        (
            "SELECT t.page_name, ROW_NUMBER() OVER (ORDER BY ROUND(t.earned, 6)) AS place\n"
            f"FROM (SELECT f.page_name, SUM(f.earnings) AS earned {FACTS} GROUP BY f.page_name) "
            "AS t;\n"
        ),
    ),
    "rank by a sum of whole numbers": (
        "operations",
        (
            f"SELECT f.page_name {FACTS} GROUP BY f.page_name\n"
            "ORDER BY SUM(f.sent_count) DESC, f.page_name LIMIT 3;\n"
        ),
    ),
    "rank by a floating column of a table": (
        "operations",
        f"SELECT f.row_id {FACTS} ORDER BY f.emv DESC, f.row_id LIMIT 3;\n",
    ),
    "two transactions, one after the other": (
        "operations",
        (
            "BEGIN TRANSACTION;\nDELETE FROM `${dataset}.creators` WHERE page_name = 'a';\n"
            "COMMIT TRANSACTION;\nBEGIN TRANSACTION;\n"
            "CREATE OR REPLACE TEMP TABLE few AS SELECT 1 AS n;\n"
            "DELETE FROM `${dataset}.creators` WHERE page_name = 'b';\nCOMMIT TRANSACTION;\n"
        ),
    ),
}
