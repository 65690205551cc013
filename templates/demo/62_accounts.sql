-- Accounts, copied from a system with its own taste in names: none of them would do in LookML as it is.

CREATE TABLE business.accounts AS
SELECT
  identity_of("key" || 'account') AS "accountId",
  identity_of("key" || 'session') AS "sessionId",
  (row_number() OVER (ORDER BY "key"))::BIGINT AS "order",
  skewed(['free', 'plus', 'staff'], roll('account group', "key")) AS "group",
  skewed([NULL, 'app', 'key', 'sms'], roll('2fa', "key")) AS "2fa_method",
  unhex(md5("key" || '@example.com')) AS "emailHash",
  {'select': locale, '2ndLocale': if(locale = 'en-US', NULL, 'en-US')} AS "preferredLanguages",
  moment(first_seen_date, roll('loaded', "key")) AS _loaded_at
FROM clients
WHERE roll('account', "key") < 0.3
ORDER BY "order";

INSERT INTO lookml_gen.relations VALUES
  ('business', 'accounts', 'Accounts of people who sync their devices, as the account system exports them.',
   NULL, NULL, NULL, NULL, NULL, MAP {'source': 'account_system'}, ['data-platform@example.org']);

INSERT INTO lookml_gen.fields (table_schema, table_name, field_path, description) VALUES
  ('business', 'accounts', 'accountId', 'One account.'),
  ('business', 'accounts', 'order', 'Number of the account, counted from the first.'),
  ('business', 'accounts', 'group', 'free, plus or staff.'),
  ('business', 'accounts', '2fa_method', 'The second factor at login: app, key or sms; none if empty.'),
  ('business', 'accounts', 'emailHash', 'Fingerprint of the e-mail address.'),
  ('business', 'accounts', 'preferredLanguages.2ndLocale', 'The language to fall back on.'),
  ('business', 'accounts', '_loaded_at', 'When the row was copied.');
