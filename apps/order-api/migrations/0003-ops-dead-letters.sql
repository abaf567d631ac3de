-- What the ops module keeps. Metadata of dead letters only: no bodies.

-- Who works in the background, one replica at a time. The database's clock alone decides.
create table ops_leases (
  name         text primary key,
  holder       text not null,
  leased_until timestamptz not null
);

-- How far the index of a queue's dead letters goes.
create table dead_letter_queues (
  queue      text primary key,
  -- Where the next look begins: the broker's own text; null before the first letter.
  tail       text,
  indexed_at timestamptz(3) not null,
  swept_at   timestamptz(3)
);

-- Dead letters that look alike. The counts are kept by the triggers below.
create table dead_letter_groups (
  id         text primary key,
  queue      text not null,
  type       text not null,
  reason     text not null,
  -- The detail without what differs from letter to letter.
  pattern    text not null,
  -- The detail of one of them.
  sample     text not null,
  first_seen timestamptz(3) not null,
  last_seen  timestamptz(3) not null,
  -- In the dead-letter queue now, and ever.
  present    bigint not null default 0,
  total      bigint not null default 0
);
create index dead_letter_groups_by_queue on dead_letter_groups (queue);

create table dead_letters (
  queue          text not null,
  -- Its place there, as the broker names it.
  place          text not null,
  -- The same as a text that sorts as the broker does.
  position       text collate "C" not null,
  group_id       text not null,
  message_id     text not null,
  type           text not null,
  version        integer not null,
  reason         text not null,
  detail         text not null,
  enqueued_at    timestamptz(3) not null,
  attempt        integer not null,
  generation     integer not null,
  first_failure  text,
  correlation_id text,
  ordering_key   text,
  size           bigint not null,
  indexed_at     timestamptz(3) not null default now(),
  -- Set once it is not there any more, with what became of it: replayed, discarded, or taken by somebody else.
  gone_at        timestamptz(3),
  outcome        text check (outcome in ('replayed', 'discarded', 'taken')),
  -- The replay or discard that did it.
  outcome_id     uuid,
  primary key (queue, place),
  check ((gone_at is null) = (outcome is null))
);
create index dead_letters_in_order on dead_letters (queue, position) where gone_at is null;
create index dead_letters_by_reason on dead_letters (queue, reason, position) where gone_at is null;
create index dead_letters_by_type on dead_letters (queue, type, position) where gone_at is null;
create index dead_letters_by_group on dead_letters (queue, group_id, position) where gone_at is null;
create index dead_letters_by_age on dead_letters (queue, enqueued_at) where gone_at is null;
create index dead_letters_by_key on dead_letters (ordering_key);
create index dead_letters_by_message on dead_letters (queue, message_id);
create index dead_letters_gone on dead_letters (gone_at) where gone_at is not null;

create function count_new_dead_letters() returns trigger language plpgsql as $$
begin
  update dead_letter_groups g set present = g.present + n.present, total = g.total + n.total
  from (select group_id, count(*) total, count(*) filter (where gone_at is null) present
        from new_letters group by group_id) n
  where g.id = n.group_id;
  return null;
end $$;

create function count_changed_dead_letters() returns trigger language plpgsql as $$
begin
  update dead_letter_groups g set present = g.present + c.present, total = g.total + c.total
  from (select group_id, sum(present) present, sum(total) total from (
          select group_id, (gone_at is null)::int present, 1 total from new_letters
          union all
          select group_id, -(gone_at is null)::int, -1 from old_letters) both_sides
        group by group_id having sum(present) <> 0 or sum(total) <> 0) c
  where g.id = c.group_id;
  return null;
end $$;

create trigger dead_letters_added after insert on dead_letters
  referencing new table as new_letters for each statement execute function count_new_dead_letters();
create trigger dead_letters_changed after update on dead_letters
  referencing old table as old_letters new table as new_letters
  for each statement execute function count_changed_dead_letters();

-- The counts of the broker over time, for charts; the newest row of a queue is what is known now.
create table queue_counts (
  queue        text not null,
  at           timestamptz(3) not null,
  active       bigint not null,
  dead_letters bigint not null,
  scheduled    bigint,
  primary key (queue, at)
);
create index queue_counts_by_age on queue_counts (at);
