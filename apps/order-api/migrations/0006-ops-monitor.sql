-- What the monitor found, whom it told, and what people say happened.

create table ops_alerts (
  id            uuid primary key default gen_random_uuid(),
  -- What alerts are the same by: open once at a time.
  fingerprint   text not null generated always as (kind || ' ' || queue) stored,
  queue         text not null,
  kind          text not null,
  -- As at the last look that saw it.
  value         double precision not null,
  threshold     double precision not null,
  detail        text not null,
  since         timestamptz(3) not null default now(),
  last_seen     timestamptz(3) not null default now(),
  -- Looks in a row, up to now, that did not see it.
  looks_without integer not null default 0,
  recovered_at  timestamptz(3),
  -- Nobody is told before this moment.
  muted_until   timestamptz(3)
);
create unique index ops_alerts_open on ops_alerts (fingerprint) where recovered_at is null;
create index ops_alerts_by_time on ops_alerts (since desc, id desc);
create index ops_alerts_muted on ops_alerts (fingerprint, muted_until) where muted_until is not null;

-- What has to be told of alerts: by a line in the log, and to a webhook where there is one.
create table ops_notices (
  -- What a receiver knows a repeated one by.
  id         uuid primary key default gen_random_uuid(),
  alert_id   uuid not null references ops_alerts on delete cascade,
  what       text not null check (what in ('opened', 'recovered')),
  -- What is told, the same every time.
  body       jsonb not null,
  created_at timestamptz(3) not null default now(),
  logged_at  timestamptz(3),
  attempts   integer not null default 0,
  due_at     timestamptz(3) not null default now(),
  last_error text,
  -- Null while it has to be told.
  ended_at   timestamptz(3),
  outcome    text check (outcome in ('logged', 'delivered', 'given-up')),
  unique (alert_id, what),
  check ((ended_at is null) = (outcome is null))
);
create index ops_notices_due on ops_notices (due_at) where ended_at is null;

-- Moments to look at beside a chart: a deployment, a change of settings.
create table ops_markers (
  id      uuid primary key default gen_random_uuid(),
  at      timestamptz(3) not null,
  title   text not null,
  service text,
  version text,
  actor   text not null
);
create index ops_markers_by_time on ops_markers (at desc, id desc);
