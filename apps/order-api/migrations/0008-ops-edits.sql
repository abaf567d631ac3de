-- Letters that are copied and left where they are, with an encrypted copy of each.
create table ops_exports (
  id           uuid primary key,
  selection_id uuid not null unique,
  queue        text not null,
  state        text not null check (state in ('running', 'done')),
  letters      integer not null,
  note         text not null,
  created_by   text not null,
  created_at   timestamptz(3) not null default now(),
  ended_at     timestamptz(3)
);
create index ops_exports_by_time on ops_exports (created_at desc, id desc);

create table ops_export_letters (
  export_id  uuid not null references ops_exports on delete cascade,
  -- Its number in the export, oldest first.
  n          integer not null,
  queue      text not null,
  place      text not null,
  message_id text not null,
  -- waiting; exported: its copy was made; missing: somebody took it before.
  state      text not null check (state in ('waiting', 'exported', 'missing')),
  -- The whole message, encrypted: nonce, ciphertext and tag. Removed after 30 days.
  copy       bytea,
  copied_at  timestamptz(3),
  primary key (export_id, n)
);
create index ops_export_letters_by_state on ops_export_letters (export_id, state, n);
create index ops_export_letters_by_age on ops_export_letters (copied_at) where copy is not null;

-- Dead letters that are sent again as another message.
create table ops_edits (
  id             uuid primary key,
  queue          text not null,
  target         text not null,
  place          text not null,
  message_id     text not null,
  -- Of the message that is sent in its place.
  new_message_id text not null unique,
  type           text not null,
  version        integer not null,
  -- waiting; sending: the broker may have it; sent; refused: by the broker; missing: somebody took the letter before.
  state          text not null check (state in ('waiting', 'sending', 'sent', 'refused', 'missing')),
  detail         text,
  -- Both messages, encrypted. Removed after 30 days.
  original       bytea,
  edited         bytea,
  -- Names of the properties that were changed.
  properties     text[] not null,
  note           text not null,
  created_by     text not null,
  created_at     timestamptz(3) not null default now(),
  ended_at       timestamptz(3)
);
create index ops_edits_by_time on ops_edits (created_at desc, id desc);
create index ops_edits_by_age on ops_edits (created_at) where original is not null;
-- No letter is in two edits at a time.
create unique index ops_edits_claimed on ops_edits (queue, place) where state in ('waiting', 'sending');

-- Attempts that each message of all stages but the last one has at most; null for as many as its handler has.
alter table ops_replays add column attempts integer;

-- The release of the consumer that gave a message up, where it said so.
alter table dead_letters add column consumer_version text;
create index dead_letters_by_version on dead_letters (queue, enqueued_at) where consumer_version is not null;

alter table dead_letters drop constraint dead_letters_outcome_check;
alter table dead_letters add constraint dead_letters_outcome_check
  check (outcome in ('replayed', 'discarded', 'edited', 'taken'));

create index dead_letters_of_group on dead_letters (group_id);
