-- Facts + scheduled messages + quarantine = input.
-- Grain: exactly one row.
SELECT
  (SELECT COUNT(*) FROM `${dataset}.mass_messages`) AS input_rows,
  (SELECT COUNT(*) FROM `${dataset}.message_facts`) AS fact_rows,
  (SELECT COUNT(*) FROM `${dataset}.scheduled_messages`) AS scheduled_rows,
  (SELECT COUNT(*) FROM `${dataset}.quarantined_messages`) AS quarantined_rows;
