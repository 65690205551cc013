-- Paid subscriptions. It has a declared key, required columns, and created_date beside created_timestamp.

CREATE TABLE business.subscriptions (
  subscription_id VARCHAR PRIMARY KEY,
  client_id VARCHAR NOT NULL,
  campaign_id BIGINT,
  plan VARCHAR NOT NULL,
  price DECIMAL(38, 9) NOT NULL,
  lifetime_value DECIMAL(38, 18),
  billing_interval INTERVAL NOT NULL,
  created_date DATE NOT NULL,
  created_timestamp TIMESTAMPTZ NOT NULL,
  signup_local_time TIMESTAMP,
  cancelled_at TIMESTAMPTZ,
  renewal DATE,
  is_gift BOOLEAN
);

INSERT INTO business.subscriptions
WITH bought AS (
  SELECT
    "key",
    client_id,
    skewed(['monthly', 'yearly', 'family'], roll('plan', "key")) AS plan,
    greatest(first_seen_date, DATE '2025-12-01') + floor(50 * roll('bought', "key"))::INTEGER AS created_date,
    roll('cancelled', "key") < 0.2 AS is_cancelled
  FROM clients
  WHERE roll('subscribed', "key") < 0.2
), priced AS (
  SELECT *, CASE plan WHEN 'monthly' THEN 4.99 WHEN 'yearly' THEN 49.90 ELSE 79.00 END AS price
  FROM bought
)
SELECT
  identity_of("key" || 'subscription'),
  client_id,
  floor(roll('campaign', "key") * 24)::BIGINT AS campaign,
  plan,
  price,
  price * 14.25,
  if(plan = 'monthly', INTERVAL 1 MONTH, INTERVAL 1 YEAR),
  created_date,
  moment(created_date, roll('moment', "key")),
  (created_date + to_minutes(floor(1440 * roll('local', "key"))::BIGINT)),
  if(is_cancelled, moment(created_date + 20, roll('cancelled at', "key")), NULL),
  if(is_cancelled, NULL, (created_date + if(plan = 'monthly', INTERVAL 1 MONTH, INTERVAL 1 YEAR))::DATE),
  roll('gift', "key") < 0.05
FROM priced
ORDER BY created_date, client_id;

-- two in three came without a campaign
UPDATE business.subscriptions SET campaign_id = NULL WHERE campaign_id >= 12;

CREATE VIEW business.running_subscriptions AS
SELECT subscription_id, client_id, plan, price, created_date, renewal
FROM business.subscriptions
WHERE cancelled_at IS NULL;

INSERT INTO lookml_gen.relations VALUES
  ('business', 'subscriptions', 'Subscriptions to Lantern Plus, cancelled ones too.', 'time', 'created_date', 'month', FALSE,
   ['plan'], MAP {'team': 'finance'}, ['finance@example.org']);

INSERT INTO lookml_gen.fields (table_schema, table_name, field_path, description) VALUES
  ('business', 'subscriptions', 'subscription_id', 'One subscription, kept through renewals.'),
  ('business', 'subscriptions', 'plan', 'monthly, yearly or family.'),
  ('business', 'subscriptions', 'price', 'Price for one billing interval, in euros.'),
  ('business', 'subscriptions', 'lifetime_value', 'What we expect it to bring in all, in euros.'),
  ('business', 'subscriptions', 'billing_interval', 'How often it is paid.'),
  ('business', 'subscriptions', 'created_date', 'The day of the purchase, by the books.'),
  ('business', 'subscriptions', 'created_timestamp', 'The moment of the purchase, by the shop.'),
  ('business', 'subscriptions', 'signup_local_time', 'What the clock of the buyer showed.'),
  ('business', 'subscriptions', 'cancelled_at', 'When it was cancelled, if it was.'),
  ('business', 'subscriptions', 'renewal', 'When it is next paid.'),
  ('business', 'subscriptions', 'is_gift', 'Whether somebody else pays.');
