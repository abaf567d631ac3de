-- Every aggregate is kept per minute of the event's own time, and in several shards, so that messages handled at the
-- same time do not queue for one row's lock; reading sums over the shards.
CREATE TABLE event_counts (
  minute timestamptz NOT NULL,
  type   text        NOT NULL,
  shard  smallint    NOT NULL,
  events bigint      NOT NULL,
  PRIMARY KEY (minute, type, shard)
);

-- Captured payments in minor units of their currency.
CREATE TABLE revenue (
  minute   timestamptz NOT NULL,
  currency text        NOT NULL,
  shard    smallint    NOT NULL,
  amount   numeric     NOT NULL,
  PRIMARY KEY (minute, currency, shard)
);

-- From the order's creation to its payment, in buckets of growing width (src/aggregates/latency-histogram.ts).
CREATE TABLE latencies (
  minute  timestamptz NOT NULL,
  bucket  smallint    NOT NULL,
  shard   smallint    NOT NULL,
  orders  bigint      NOT NULL,
  PRIMARY KEY (minute, bucket, shard)
);
