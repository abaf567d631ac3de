-- Dead letters that are discarded, with an encrypted copy of each from before it was removed.
create table ops_discards (
  id           uuid primary key,
  selection_id uuid not null unique,
  queue        text not null,
  target       text not null,
  state        text not null check (state in ('running', 'done')),
  letters      integer not null,
  note         text not null,
  created_by   text not null,
  created_at   timestamptz(3) not null default now(),
  ended_at     timestamptz(3)
);
create index ops_discards_by_time on ops_discards (created_at desc, id desc);

create table ops_discard_letters (
  discard_id uuid not null references ops_discards on delete cascade,
  -- Its number in the discard, oldest first.
  n          integer not null,
  queue      text not null,
  place      text not null,
  message_id text not null,
  generation integer not null,
  -- waiting; exported: its copy is kept, and the broker may have it no more; discarded; missing: somebody took it before;
  -- restored: sent to its queue again.
  state      text not null check (state in ('waiting', 'exported', 'discarded', 'missing', 'restored')),
  -- The whole message, encrypted: nonce, ciphertext and tag. Removed after 30 days.
  copy       bytea,
  copied_at  timestamptz(3),
  primary key (discard_id, n)
);
create index ops_discard_letters_by_state on ops_discard_letters (discard_id, state, n);
create index ops_discard_letters_by_age on ops_discard_letters (copied_at) where copy is not null;
-- No letter is in two discards at a time.
create unique index ops_discard_letters_claimed on ops_discard_letters (queue, place)
  where state in ('waiting', 'exported');
