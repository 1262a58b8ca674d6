-- The captions that the command `captions add` added to a bank that EROS loads from files: they are
-- put into it again whenever the files are loaded. Where others load the bank it has no rows.
-- Grain: one row per added caption.
-- Key: caption_id.
-- Values:
--   price_tier: budget, mid, premium, bump.
CREATE TABLE IF NOT EXISTS `${dataset}.added_captions` (
  caption_id INT64 OPTIONS (description = "Identifies the caption."),
  caption_text STRING OPTIONS (description = "Text."),
  content_category STRING OPTIONS (description = "What it is about."),
  price_tier STRING OPTIONS (description = "budget, mid or premium (PPV), or bump."),
  has_urgency BOOL OPTIONS (description = "Whether it presses for time."),
  page_name STRING OPTIONS (description = "The one page that may use it; NULL: any page."),
  is_active BOOL OPTIONS (description = "Whether it may be used."),
  created_at TIMESTAMP OPTIONS (description = "When it was added."),
  text_id STRING OPTIONS (description = "Its id elsewhere where that is a text, which caption_id is made from.")
)
CLUSTER BY caption_id;
