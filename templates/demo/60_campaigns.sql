-- Marketing: twelve campaigns, and what each spent on each day.

CREATE TABLE business.campaigns AS
SELECT
  n AS campaign_id,
  ['Spring light', 'Night reading', 'Quiet tabs', 'Open windows'][1 + n % 4] || ' ' || (1 + n // 4) AS campaign_name,
  skewed(['search', 'social', 'video', 'print'], roll('network', n)) AS network,
  DATE '2026-05-20' + (n * 3)::INTEGER AS start_date,
  TIME '07:00:00' + to_minutes(n * 15) AS send_time,
  (5000 + 250 * n)::DECIMAL(38, 9) AS budget,
  [['US', 'CA'], ['DE', 'FR', 'PL'], ['IN', 'ID'], ['BR', 'MX']][1 + n % 4] AS target_countries,
  [100, 200, 400 + n]::BIGINT[] AS daily_caps,
  [0.5, 0.3, 0.2]::DOUBLE[] AS bid_weights,
  json_object('goal', if(n % 3 = 0, 'installs', 'visits'), 'frequency', 1 + n % 5) AS settings
FROM range(12) AS numbers(n);
ALTER TABLE business.campaigns ADD PRIMARY KEY (campaign_id);

CREATE TABLE business.campaign_spend AS
SELECT
  day AS spend_date,
  campaign_id,
  (40 + floor(160 * roll('spend', campaign_id || day)) + campaign_id / 8)::DECIMAL(38, 9) AS spend,
  floor(9000 * roll('impressions', campaign_id || day))::HUGEINT AS impressions,
  floor(300 * roll('clicks', campaign_id || day))::BIGINT AS clicks,
  ((1 + floor(1000 * roll('bid', campaign_id || day)))::DECIMAL(9, 0) * 0.001)::DECIMAL(38, 18) AS highest_bid
FROM business.campaigns
JOIN dates ON day >= start_date
ORDER BY spend_date, campaign_id;

INSERT INTO lookml_gen.relations VALUES
  ('business', 'campaigns', 'Marketing campaigns, those to come too.', NULL, NULL, NULL, NULL, NULL,
   MAP {'team': 'marketing'}, ['marketing@example.org']),
  ('business', 'campaign_spend', 'What each campaign cost and brought, by day.', 'time', 'spend_date', 'month', FALSE,
   ['campaign_id'], MAP {'team': 'marketing', 'source': 'invoices'}, ['marketing@example.org']);

INSERT INTO lookml_gen.fields (table_schema, table_name, field_path, description) VALUES
  ('business', 'campaigns', 'campaign_name', 'What the campaign is called in reports.'),
  ('business', 'campaigns', 'network', 'Where it is shown: search, social, video or print.'),
  ('business', 'campaigns', 'start_date', 'The first day on which it may be shown.'),
  ('business', 'campaigns', 'send_time', 'The time of day at which its messages go out.'),
  ('business', 'campaigns', 'budget', 'What it may cost in all, in euros.'),
  ('business', 'campaigns', 'target_countries', 'Countries where it is shown.'),
  ('business', 'campaigns', 'daily_caps', 'Most impressions a day: first week, second week, later.'),
  ('business', 'campaigns', 'bid_weights', 'Shares of the budget: morning, day, evening.'),
  ('business', 'campaigns', 'settings', 'Settings of the network, as it names them.'),
  ('business', 'campaign_spend', 'spend_date', 'The day on which the money was spent.'),
  ('business', 'campaign_spend', 'spend', 'Money spent, in euros.'),
  ('business', 'campaign_spend', 'impressions', 'How often an advertisement was seen.'),
  ('business', 'campaign_spend', 'clicks', 'How often one was clicked.'),
  ('business', 'campaign_spend', 'highest_bid', 'The most we offered for one click, in euros.');
