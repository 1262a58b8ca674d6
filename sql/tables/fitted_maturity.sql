-- How counts ripen: the curve that maturity of message_facts comes from. Fitted to messages whose
-- counts were read several times where there are enough, else that of maturity_curve.
-- Grain: one row per age of maturity_curve.
-- Key: age_hours.
CREATE TABLE IF NOT EXISTS `${dataset}.fitted_maturity` (
  age_hours FLOAT64 OPTIONS (description = "Hours since the message was sent."),
  maturity FLOAT64 OPTIONS (description = "Share of its final views that it has by then, over 0 to 1."),
  messages INT64 OPTIONS (description = "Readings near this age of messages whose final views are known."),
  fitted_on STRING OPTIONS (description = "history, or default: as maturity_curve has it.")
);
