-- Descriptions of the columns that several pings of Lantern Desktop share.

INSERT INTO lookml_gen.fields (table_schema, table_name, field_path, description)
SELECT base_dataset, ping, field_path, description
FROM channels, (VALUES ('baseline_v1'), ('metrics_v1'), ('events_v1'), ('crash_v1')) AS pings(ping), (VALUES
  ('document_id', 'One arrival of one ping; sent twice, it is kept once.'),
  ('client_info.client_id', 'A random id of the profile; it does not identify a person.'),
  ('client_info.profile_group_id', 'What the profiles of one person on one device have in common.'),
  ('client_info.app_build', 'Build of the browser: the time it was made, as YYYYMMDDhhmmss.'),
  ('client_info.app_display_version', 'Version of the browser as the user sees it.'),
  ('client_info.first_run_date', 'The day on which this profile was first started.'),
  ('client_info.device.cores', 'Processor cores of the device.'),
  ('client_info.device.memory_mb', 'Memory of the device in megabytes.'),
  ('metadata.geo.country', 'Country by IP address, two letters; the address itself is not kept.'),
  ('metadata.user_agent.browser', 'Browser by its user agent.'),
  ('metadata.header.date', 'When the client believes it sent the ping, as an HTTP date.'),
  ('metadata.header.dnt', 'The header Do Not Track: 1 where it is set.')
) AS described(field_path, description);

INSERT INTO lookml_gen.fields (table_schema, table_name, field_path, description)
SELECT base_dataset, ping, field_path, description
FROM channels, (VALUES ('baseline_v1'), ('metrics_v1'), ('crash_v1')) AS pings(ping), (VALUES
  ('ping_info.seq', 'Number of the ping, counted by client; a gap is a lost ping.'),
  ('ping_info.start_time', 'Begin of the time that the ping reports on.'),
  ('ping_info.end_time', 'End of the time that the ping reports on.'),
  ('ping_info.reason', 'Why it was sent just then: schedule, upgrade or shutdown.'),
  ('ping_info.experiments', 'Experiments and rollouts that the client was in.'),
  ('ping_info.experiments.key', 'Slug of the experiment or rollout.'),
  ('ping_info.experiments.value.branch', 'The branch that the client was put in.'),
  ('ping_info.experiments.value.extra.type', 'experiment or rollout.'),
  ('ping_info.experiments.value.extra.enrollment_id', 'One enrolment of one client.')
) AS described(field_path, description);
