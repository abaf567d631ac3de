-- Committed before the gateway is called: after a crash it says that a charge may have been made, and since when.
CREATE TABLE charge_intents (
  order_id   text PRIMARY KEY,
  amount     bigint NOT NULL,
  currency   text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- One an order, however often its charge is tried.
CREATE TABLE invoices (
  id         uuid PRIMARY KEY,
  order_id   text NOT NULL UNIQUE,
  status     text NOT NULL CHECK (status IN ('captured', 'failed')),
  amount     bigint NOT NULL,
  currency   text NOT NULL,
  charge_id  text,
  reason     text,
  issued_at  timestamptz NOT NULL
);
