-- One row for each request that carried an Idempotency-Key, written in the transaction of its effect.
create table idempotency_keys (
  client      text not null,
  route       text not null,
  key         text not null,
  fingerprint text not null,
  status      integer not null,
  headers     jsonb not null,
  -- Text, so that a replay answers the same bytes.
  body        text not null,
  created_at  timestamptz(3) not null,
  primary key (client, route, key)
);

-- For the purge, oldest first.
create index idempotency_keys_by_age on idempotency_keys (created_at);
