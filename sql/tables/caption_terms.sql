-- What people decided about captions of the bank beside its own columns: from when until when one
-- may be sent, how often in all, at what price. Optional: a caption without a row has no terms.
-- Grain: one row per caption.
-- Key: caption_id.
-- Values:
--   max_sends: 0 or more.
--   suggested_price: 0 or more.
--   source: file, command.
CREATE TABLE IF NOT EXISTS `${dataset}.caption_terms` (
  caption_id INT64 OPTIONS (description = "Caption."),
  is_active BOOL OPTIONS (description = "FALSE: retired, whatever the bank's files say; NULL: as the bank says."),
  active_from DATE OPTIONS (description = "First LA date on which it may be sent; NULL: any."),
  active_until DATE OPTIONS (description = "Last LA date on which it may be sent; NULL: any."),
  max_sends INT64 OPTIONS (description = "Messages that may be made from it, on all pages together; NULL: any number."),
  suggested_price FLOAT64 OPTIONS (description = "Its own price, USD; NULL: its page's and tier's."),
  source STRING OPTIONS (description = "file: columns of the bank's files, loaded again with them; command: the command captions."),
  decided_at TIMESTAMP OPTIONS (description = "When it was decided.")
)
CLUSTER BY caption_id;
