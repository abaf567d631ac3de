-- The command that placed an order by HTTP: the first of its timeline. Null for an order that came to the queue by itself,
-- and for one of before, whose command is in order_messages.
alter table orders add column placed_by text;
