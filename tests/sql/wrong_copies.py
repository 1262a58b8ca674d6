"""Copies of each kind of file that are wrong on purpose, with what must be said of them and where.

By what is wrong: the folder, the text with HERE before the place, and a part of the message.
"""

HERE = "«"  # where the finding must point; taken out before the text is analysed


def procedure(body: str, parameters: str = "") -> str:
    return f"CREATE OR REPLACE PROCEDURE `${{dataset}}.wrong`({parameters})\nBEGIN\n{body}\nEND;\n"


FACTS = "FROM `${dataset}.message_facts` AS f"

WRONG = {
    # What Google's analyser says.
    "unknown column": (
        "views",
        f"CREATE OR REPLACE VIEW `${{dataset}}.wrong` AS\nSELECT\n  f.«no_such\n{FACTS};\n",
        "Name no_such not found inside f",
    ),
    "unknown column of a statement in a procedure": (
        "procedures",
        procedure(f"  IF TRUE THEN\n    SELECT f.«no_such {FACTS};\n  END IF;"),
        "Name no_such not found inside f",
    ),
    "unknown table": (
        "operations",
        "SELECT 1 AS one FROM «`${dataset}.no_such`;\n",
        "Table not found: `of-scheduler-proj`.eros_scheduling_brain.no_such",
    ),
    "unknown type of a column": (
        "tables",
        "CREATE TABLE IF NOT EXISTS `${dataset}.wrong` (\n  n «INTEGRAL\n);\n",
        "Type not found: INTEGRAL",
    ),
    "unknown option of a column": (
        "tables",
        'CREATE TABLE IF NOT EXISTS `${dataset}.wrong` (n INT64 OPTIONS («explanation = "n"));\n',
        "Unknown option: explanation",
    ),
    "partition by a missing column": (
        "tables",
        "CREATE TABLE IF NOT EXISTS `${dataset}.wrong` (n INT64)\nPARTITION BY «d;\n",
        "Unrecognized name: d",
    ),
    "partition by a column that is no date": (
        "tables",
        "CREATE TABLE IF NOT EXISTS «`${dataset}.wrong` (n INT64)\nPARTITION BY n;\n",
        "PARTITION BY a column that is no DATE",
    ),
    "cluster by a column that BigQuery doesn't cluster by": (
        "tables",
        "CREATE TABLE IF NOT EXISTS «`${dataset}.wrong` (x BYTES)\nCLUSTER BY x;\n",
        "CLUSTER BY a column whose type",
    ),
    "wrong type of an operand": (
        "operations",
        f"SELECT «f.page_name + 1 AS n {FACTS};\n",
        "No matching signature for operator +",
    ),
    "wrong type of a result": (
        "functions",
        "CREATE OR REPLACE FUNCTION `${dataset}.wrong`(n INT64) RETURNS INT64 AS («'n');\n",
        "type STRING",
    ),
    "wrong type of a parameter": (
        "table_functions",
        (
            "CREATE OR REPLACE TABLE FUNCTION `${dataset}.wrong`(p_as_of DATE) AS\n"
            f"SELECT f.page_name {FACTS} WHERE «f.row_id > p_as_of;\n"
        ),
        "No matching signature for operator >",
    ),
    "wrong type set to a variable": (
        "procedures",
        procedure("  DECLARE v_n INT64;\n  SET v_n = «'many';"),
        "STRING",
    ),
    "wrong type of a variable's default": (
        "procedures",
        procedure("  DECLARE v_n DATE DEFAULT «1;"),
        "INT64",
    ),
    "wrong type set to an OUT parameter": (
        "procedures",
        procedure("  SET p_n = «p_day;", "IN p_day DATE, OUT p_n INT64"),
        "DATE",
    ),
    "wrong type of one of several": (
        "procedures",
        procedure("  DECLARE v_n INT64;\n  DECLARE v_d DATE;\n  SET (v_n, v_d) = «(1, TRUE);"),
        "BOOL",
    ),
    "condition that is no BOOL": (
        "procedures",
        procedure("  DECLARE v_n INT64;\n  IF «v_n THEN\n    SELECT 1 AS n;\n  END IF;"),
        "INT64",
    ),
    "condition of an ELSEIF that is no BOOL": (
        "procedures",
        procedure("  IF TRUE THEN\n    SELECT 1 AS n;\n  ELSEIF «'no' THEN SELECT 2;\n  END IF;"),
        "STRING",
    ),
    "message that is no STRING": (
        "procedures",
        procedure("  RAISE USING MESSAGE = «DATE '2025-11-03';"),
        "DATE",
    ),
    "wrong type inserted": (
        "procedures",
        procedure(
            "  INSERT INTO `${dataset}.creators` (page_name, is_active)\n  «SELECT 'a', 'yes';"
        ),
        "is_active",
    ),
    "undeclared variable": (
        "procedures",
        procedure("  SET «v_n = 1;"),
        "undeclared variable: v_n",
    ),
    "variable out of its block": (
        "procedures",
        procedure("  BEGIN\n    DECLARE v_n INT64;\n  END;\n  SET «v_n = 1;"),
        "undeclared variable: v_n",
    ),
    "column of a temporary table": (
        "procedures",
        procedure(
            "  CREATE OR REPLACE TEMP TABLE few AS SELECT 1 AS n;\n  SELECT few.«m FROM few;"
        ),
        "Name m not found inside few",
    ),
    "too few arguments of a function": (
        "operations",
        "SELECT «`${dataset}.wilson_score_bounds`(1.0) AS bounds;\n",
        "No matching signature",
    ),
    "unknown field of a function's result": (
        "operations",
        "SELECT `${dataset}.wilson_score_bounds`(1.0, 2.0).«middle AS middle;\n",
        "middle",
    ),
    "too many arguments of a table function": (
        "operations",
        "SELECT * FROM «`${dataset}.get_creator_baseline`(NULL, DATE '2025-11-03', 90, 1);\n",
        "get_creator_baseline",
    ),
    "column that a table function doesn't give": (
        "operations",
        (
            "SELECT b.«no_such\n"
            "FROM `${dataset}.get_creator_baseline`(NULL, DATE '2025-11-03', 90) AS b;\n"
        ),
        "Name no_such not found inside b",
    ),
    "too few arguments of a procedure": (
        "operations",
        "CALL «`${dataset}.update_caption_performance`(DATE '2025-11-03');\n",
        "update_caption_performance",
    ),
    "OUT argument that is no variable": (
        "operations",
        "CALL `${dataset}.counted`(«1);\n",
        "argument p_n is OUT: it needs a variable",
    ),
    "function that GoogleSQL lacks": (
        "operations",
        "SELECT «DATE_PART('year', DATE '2025-11-03') AS y;\n",
        "Function not found: DATE_PART",
    ),
    "function of Google's that BigQuery lacks": (
        "operations",
        "SELECT «PI() AS pi;\n",
        "Function not found: PI",
    ),
    "lambda, which BigQuery lacks": (
        "operations",
        "SELECT ARRAY_FILTER([1, 2], «e -> e > 1) AS few;\n",
        "",
    ),
    "missing comma": (
        "operations",
        "SELECT\n  1 AS a\n  «2 AS b;\n",
        "Syntax error",
    ),
    "parameter of two types": (
        "operations",
        "SELECT DATE '2025-11-03' = @d AS n;\nSELECT «@d > 1.5 AS n;\n",
        "@d is DATE in one place and FLOAT64 in another",
    ),
    "unknown placeholder": (
        "operations",
        "SELECT 1 AS n FROM `«${project}.creators`;\n",
        "unknown placeholder ${project}",
    ),
    # The repository's rules.
    "file of two statements": (
        "views",
        "«CREATE OR REPLACE VIEW `${dataset}.wrong` AS SELECT 1 AS n;\nSELECT 1 AS n;\n",
        "holds one CreateViewStatement",
    ),
    "object of another kind": (
        "views",
        "«CREATE OR REPLACE FUNCTION `${dataset}.wrong`(n INT64) AS (n);\n",
        "holds one CreateViewStatement",
    ),
    "object of another name": (
        "views",
        "«CREATE OR REPLACE VIEW `${dataset}.wronger` AS SELECT 1 AS n;\n",
        "name it wronger.sql",
    ),
    "object made by an operation": (
        "operations",
        "«CREATE TABLE IF NOT EXISTS `${dataset}.wrong` (n INT64);\n",
        "a file of its own",
    ),
    "DROP": ("operations", "«DROP TABLE `${dataset}.creators`;\n", "DROP of a persistent object"),
    "DROP of a routine": (
        "procedures",
        procedure("  «DROP TABLE FUNCTION `${dataset}.get_creator_baseline`;"),
        "DROP of a persistent object",
    ),
    "DROP of a column": (
        "operations",
        "ALTER TABLE `${dataset}.creators` «DROP COLUMN display_name;\n",
        "DROP COLUMN",
    ),
    "TRUNCATE": (
        "procedures",
        procedure("  «TRUNCATE TABLE `${dataset}.creators`;"),
        "TRUNCATE of a persistent object",
    ),
    "DELETE without WHERE": (
        "operations",
        "«DELETE FROM `${dataset}.creators`;\n",
        "DELETE without WHERE",
    ),
    "DELETE WHERE TRUE": (
        "procedures",
        procedure("  DELETE FROM `${dataset}.creators` WHERE «TRUE;"),
        "DELETE whose WHERE names no column",
    ),
    "DELETE by a variable alone": (
        "procedures",
        procedure(
            "  DELETE FROM `${dataset}.creators` WHERE «p_page_name IS NULL;",
            "IN p_page_name STRING",
        ),
        "DELETE whose WHERE names no column",
    ),
    "UPDATE WHERE 1 = 1": (
        "operations",
        "UPDATE `${dataset}.creators` SET is_active = FALSE WHERE «1 = 1;\n",
        "UPDATE whose WHERE names no column",
    ),
    "MERGE that deletes all": (
        "operations",
        (
            "MERGE `${dataset}.creators` AS c USING (SELECT 1 AS n) AS s ON FALSE\n"
            "«WHEN NOT MATCHED BY SOURCE THEN DELETE;\n"
        ),
        "MERGE that changes every row",
    ),
    "INSERT of rows by position": (
        "operations",
        "«INSERT INTO `${dataset}.creators` VALUES ('a', 'A', TRUE);\n",
        "INSERT without column names",
    ),
    "INSERT of a query by position": (
        "procedures",
        procedure("  «INSERT INTO `${dataset}.creators`\n  SELECT 'a' AS page_name, 'A', TRUE;"),
        "INSERT without column names",
    ),
    "INSERT SELECT *": (
        "operations",
        (
            "INSERT INTO `${dataset}.creators` (page_name, display_name, is_active)\n"
            "SELECT «* FROM `${dataset}.usable_creators`;\n"
        ),
        "* in INSERT",
    ),
    "INSERT SELECT * EXCEPT": (
        "procedures",
        procedure(
            "  INSERT INTO `${dataset}.creators` (page_name, is_active)\n"
            "  (SELECT «c.* EXCEPT (display_name) FROM `${dataset}.creators` AS c);"
        ),
        "* in INSERT",
    ),
    "* of a set operation": (
        "operations",
        (
            "SELECT page_name, display_name, is_active FROM `${dataset}.creators`\n"
            "EXCEPT DISTINCT\n(SELECT «* FROM `${dataset}.creators`);\n"
        ),
        "* in UNION, INTERSECT or EXCEPT",
    ),
    "INSERT ROW of a MERGE": (
        "operations",
        (
            "MERGE `${dataset}.creators` AS c USING `${dataset}.creators` AS s\n"
            "ON c.page_name = s.page_name\nWHEN NOT MATCHED THEN «INSERT ROW;\n"
        ),
        "INSERT of a MERGE without column names",
    ),
    "SET @@": (
        "operations",
        "«SET @@dataset_id = 'other';\nSELECT 1 AS n;\n",
        "SET of a @@ variable",
    ),
    "division": (
        "operations",
        f"SELECT «f.earnings / f.sent_count AS emv {FACTS};\n",
        "the / operator fails on zero",
    ),
    "CREATE that can't be repeated": (
        "views",
        "«CREATE VIEW `${dataset}.wrong` AS SELECT 1 AS n;\n",
        "CREATE that fails when repeated",
    ),
    "temporary table that can't be made again": (
        "procedures",
        procedure("  «CREATE TEMP TABLE few AS SELECT 1 AS n;"),
        "CREATE that fails when repeated",
    ),
    "table that is emptied when deployed": (
        "tables",
        "«CREATE OR REPLACE TABLE `${dataset}.wrong` (n INT64);\n",
        "CREATE OR REPLACE TABLE empties",
    ),
    "CREATE inside a transaction": (
        "operations",
        (
            "BEGIN TRANSACTION;\n«CREATE TABLE IF NOT EXISTS `${dataset}.x` (n INT64);\n"
            "COMMIT TRANSACTION;\n"
        ),
        "inside a transaction",
    ),
    "RAND": ("operations", "SELECT «RAND() AS x;\n", "RAND gives another result"),
    "CURRENT_DATE": (
        "operations",
        "SELECT «CURRENT_DATE('America/Los_Angeles') AS today;\n",
        "CURRENT_DATE gives another result",
    ),
    "CURRENT_DATETIME without parentheses": (
        "operations",
        "SELECT «CURRENT_DATETIME AS now;\n",
        "CURRENT_DATETIME gives another result",
    ),
    "CURRENT_TIMESTAMP in a WHERE": (
        "operations",
        f"SELECT f.row_id {FACTS} WHERE f.sending_time < «CURRENT_TIMESTAMP();\n",
        "CURRENT_TIMESTAMP may only fill",
    ),
    "CURRENT_TIMESTAMP in a condition": (
        "operations",
        (
            "SELECT IF(«CURRENT_TIMESTAMP() > f.sending_time, f.sending_time, NULL) AS checked_at\n"
            f"{FACTS};\n"
        ),
        "CURRENT_TIMESTAMP may only fill",
    ),
    "CURRENT_TIMESTAMP in another column": (
        "operations",
        (
            "INSERT INTO `${dataset}.message_facts` (row_id, sending_time)\n"
            "SELECT 1, «CURRENT_TIMESTAMP();\n"
        ),
        "CURRENT_TIMESTAMP may only fill",
    ),
    "missing zone of a date": (
        "operations",
        f"SELECT «DATE(f.sending_time) AS d {FACTS};\n",
        "DATE of a TIMESTAMP without a zone",
    ),
    "missing zone of an hour": (
        "operations",
        f"SELECT «EXTRACT(HOUR FROM f.sending_time) AS h {FACTS};\n",
        "EXTRACT of a TIMESTAMP without a zone",
    ),
    "missing zone in a procedure": (
        "procedures",
        procedure(
            "  DECLARE v_d DATE;\n  SET v_d = «DATE(p_at);",
            "IN p_at TIMESTAMP",
        ),
        "DATE of a TIMESTAMP without a zone",
    ),
    "missing zone of an instant": (
        "operations",
        "SELECT «TIMESTAMP(DATE '2025-11-03') AS t;\n",
        "TIMESTAMP of a TIMESTAMP without a zone",
    ),
    "missing zone of a text": (
        "operations",
        f"SELECT «FORMAT_TIMESTAMP('%F', f.sending_time) AS t {FACTS};\n",
        "FORMAT_TIMESTAMP of a TIMESTAMP without a zone",
    ),
    "another zone": (
        "operations",
        f"SELECT «DATE(f.sending_time, 'UTC') AS d {FACTS};\n",
        "DATE in another zone",
    ),
    "cast of an instant": (
        "operations",
        f"SELECT «CAST(f.sending_time AS DATE) AS d {FACTS};\n",
        "CAST between TIMESTAMP and a wall time",
    ),
    "literal without a zone": (
        "operations",
        "SELECT «TIMESTAMP '2025-11-03 10:00:00' AS t;\n",
        "TIMESTAMP literal without a zone",
    ),
    "parameter without its prefix": (
        "procedures",
        procedure("  SELECT as_of AS d;", "IN «as_of DATE"),
        "call it p_as_of",
    ),
    "variable without its prefix": (
        "procedures",
        procedure("  DECLARE «n INT64;\n  SET n = 1;"),
        "call it v_n",
    ),
    "column named like a variable": (
        "operations",
        "SELECT 1 AS «v_n;\n",
        "column v_n",
    ),
    "column of a table named like a parameter": (
        "tables",
        "CREATE TABLE IF NOT EXISTS `${dataset}.wrong` («p_n INT64);\n",
        "column p_n",
    ),
    "dynamic SQL": (
        "procedures",
        procedure("  «EXECUTE IMMEDIATE 'SELECT 1';"),
        "EXECUTE IMMEDIATE",
    ),
    "loop": (
        "procedures",
        procedure("  «WHILE TRUE DO\n    SELECT 1 AS n;\n  END WHILE;"),
        "a loop",
    ),
    "exception handler": (
        "procedures",
        procedure("  SELECT 1 AS n;\n«EXCEPTION WHEN ERROR THEN\n  SELECT 2 AS n;"),
        "EXCEPTION handler",
    ),
    "statement that the embedded engine doesn't run": (
        "operations",
        "«ASSERT TRUE;\n",
        "AssertStatement is not among the statements",
    ),
}
