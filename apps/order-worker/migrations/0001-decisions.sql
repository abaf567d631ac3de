-- One row an order: the first decision wins, whichever command brought it.
CREATE TABLE decisions (
  order_id   text PRIMARY KEY,
  decision   text NOT NULL CHECK (decision IN ('accepted', 'rejected', 'cancelled')),
  reason     text,
  -- The message that decided, so that a support question can be answered from this table alone.
  message_id text NOT NULL,
  decided_at timestamptz NOT NULL
);
