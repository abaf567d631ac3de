import { BUCKETS } from '../outbox/bucket.js';

/** One step of a database's schema. A released step never changes; what comes later is a step of its own. */
export interface SchemaStep {
  /** Sorts after the steps before it, e.g. `messaging-0001`. */
  readonly name: string;
  readonly sql: string;
}

/**
 * The tables of inbox and outbox. An app that uses them runs these steps with its own migrations; inbox and outbox
 * have to be in the database of the effects they guard.
 */
export const messagingSchema: readonly SchemaStep[] = Object.freeze([
  {
    name: 'messaging-0001',
    sql: `
-- What each consumer has handled. Removed in batches by age, not by partition: a unique key on a partitioned table
-- contains the partition key, so that a redelivery across the boundary would be handled twice.
CREATE TABLE inbox (
  consumer   text        NOT NULL,
  message_id text        NOT NULL,
  handled_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer, message_id)
);
CREATE INDEX inbox_by_age ON inbox (handled_at);

-- What must still be sent. Rows leave as soon as the broker has them.
CREATE TABLE outbox (
  id               bigint      GENERATED ALWAYS AS IDENTITY,
  -- Hash of the ordering key: the unit that one relay at a time works on.
  bucket           smallint    NOT NULL,
  destination_kind text        NOT NULL CHECK (destination_kind IN ('queue', 'topic')),
  destination      text        NOT NULL,
  message_id       text        NOT NULL,
  ordering_key     text,
  type             text        NOT NULL,
  version          integer     NOT NULL,
  source           text        NOT NULL,
  time             text        NOT NULL,
  correlation_id   text,
  content_type     text        NOT NULL,
  headers          jsonb       NOT NULL,
  body             bytea       NOT NULL,
  deliver_at       timestamptz,
  created_at       timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (bucket, id)
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.05);

-- Ordering keys whose head could not be sent; their rows wait, others go on.
CREATE TABLE outbox_holds (
  bucket       smallint    NOT NULL,
  ordering_key text        NOT NULL,
  attempts     integer     NOT NULL,
  until        timestamptz NOT NULL,
  last_error   text        NOT NULL,
  PRIMARY KEY (bucket, ordering_key)
);

-- Messages that no broker will ever take (too large), kept for people to look at.
CREATE TABLE outbox_dead (
  LIKE outbox,
  reason  text        NOT NULL,
  died_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (bucket, id)
);

-- Which relay works on which bucket. The token grows with every change of hands and fences the former holder.
CREATE TABLE outbox_buckets (
  bucket       smallint    PRIMARY KEY,
  leased_by    text,
  leased_until timestamptz NOT NULL DEFAULT '-infinity',
  token        bigint      NOT NULL DEFAULT 0
);
INSERT INTO outbox_buckets (bucket) SELECT generate_series(0, ${BUCKETS - 1});

-- Relays that are alive, so that each takes its share of the buckets only.
CREATE TABLE outbox_relays (
  id         text        PRIMARY KEY,
  seen_until timestamptz NOT NULL
);
`,
  },
  {
    name: 'messaging-0002',
    sql: `
-- Queues that nobody may consume for now. Every replica looks here.
CREATE TABLE messaging_pauses (
  queue  text        PRIMARY KEY,
  reason text        NOT NULL,
  since  timestamptz NOT NULL DEFAULT now()
);
`,
  },
  {
    name: 'messaging-0003',
    sql: `
-- A relay reads by destination, so that one in trouble holds up no other. A row whose ordering key is held is stored in
-- a bucket 16 lower, -16 to -1, out of the way of the others.
CREATE INDEX outbox_by_destination ON outbox (bucket, destination_kind, destination, id);
CREATE INDEX outbox_held_by_key
  ON outbox (bucket, coalesce(ordering_key, message_id), destination_kind, destination, id) WHERE bucket < 0;

-- When a held key is tried again. Then until is infinity: relays of the version before know no other end, and would send
-- a key's later rows before those that were moved.
ALTER TABLE outbox_holds ADD COLUMN due timestamptz;
CREATE INDEX outbox_holds_by_due ON outbox_holds (bucket, (coalesce(due, until)));
`,
  },
  {
    name: 'messaging-0004',
    sql: `
-- How long a message may wait at the broker.
ALTER TABLE outbox ADD COLUMN time_to_live_ms double precision;
ALTER TABLE outbox_dead ADD COLUMN time_to_live_ms double precision;

-- Messages that wait at the broker for their time, and those that are not to be delivered any more. A row goes after the
-- message's time.
CREATE TABLE outbox_scheduled (
  message_id       text        NOT NULL,
  destination_kind text        NOT NULL CHECK (destination_kind IN ('queue', 'topic')),
  destination      text        NOT NULL,
  -- What takes it back; null until a relay has sent it.
  reference        text,
  deliver_at       timestamptz NOT NULL,
  cancelled        boolean     NOT NULL DEFAULT false,
  PRIMARY KEY (message_id, destination_kind, destination)
);
CREATE INDEX outbox_scheduled_by_time ON outbox_scheduled (deliver_at);
`,
  },
]);
