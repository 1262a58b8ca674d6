-- The captions that messages can be made from. Input: EROS never changes it.
-- Grain: one row per caption.
-- Key: caption_id.
-- Values:
--   price_tier: budget, mid, premium, bump.
CREATE TABLE IF NOT EXISTS `${dataset}.caption_bank` (
  caption_id INT64 OPTIONS (description = "Identifies the caption."),
  caption_text STRING OPTIONS (description = "Text."),
  content_category STRING OPTIONS (description = "What it is about."),
  price_tier STRING OPTIONS (description = "budget, mid or premium (PPV), or bump."),
  has_urgency BOOL OPTIONS (description = "Whether it presses for time."),
  page_name STRING OPTIONS (description = "The one page that may use it; NULL: any page."),
  is_active BOOL OPTIONS (description = "Whether it may be used."),
  created_at TIMESTAMP OPTIONS (description = "When it was written."),
  text_id STRING OPTIONS (description = "Its id elsewhere where that is a text, which caption_id is made from.")
)
CLUSTER BY price_tier, caption_id;
