-- The read model of orders: facts, each set by one message, and a status that follows from them.

create table orders (
  id                  text primary key,
  -- The order itself; null while only an event that does not carry it has arrived.
  customer_id         text,
  currency            text,
  total               bigint,
  lines               jsonb,
  created_at          timestamptz(3),
  scheduled_for       timestamptz(3),
  -- The facts.
  accepted_at         timestamptz(3),
  rejected_at         timestamptz(3),
  rejection_code      text,
  rejection_text      text,
  cancel_requested_at timestamptz(3),
  cancelled_at        timestamptz(3),
  cancel_reason       text,
  captured_at         timestamptz(3),
  payment_failed_at   timestamptz(3),
  payment_failure     text,
  invoice_id          text,
  -- The same rules as statusOf() in src/status/order-status.ts, where a filter can use an index on them.
  status text not null generated always as (
    case
      when cancelled_at        is not null then 'cancelled'
      when rejected_at         is not null then 'rejected'
      when captured_at         is not null then 'paid'
      when payment_failed_at   is not null then 'payment_failed'
      when accepted_at         is not null then 'accepted'
      when cancel_requested_at is not null then 'cancelling'
      else 'pending'
    end
  ) stored
);

-- Keyset paging, newest first: all, by status, by customer. Orders not heard of in full are in no list.
create index orders_by_time on orders (created_at desc, id desc) where created_at is not null;
create index orders_by_status on orders (status, created_at desc, id desc) where created_at is not null;
create index orders_by_customer on orders (customer_id, created_at desc, id desc) where created_at is not null;

-- The timeline: every message of an order that this service sent or received.
create table order_messages (
  order_id         text not null,
  message_id       text not null,
  type             text not null,
  time             timestamptz(3) not null,
  -- The message whose handling led to this one; null for what a client asked for.
  cause_message_id text,
  cause_attempt    integer,
  primary key (order_id, message_id)
);
