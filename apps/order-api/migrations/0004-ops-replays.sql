-- Who did what through the ops module: a row before an action runs, and one with its result.
create table ops_audit (
  id      bigint generated always as identity primary key,
  at      timestamptz(3) not null default now(),
  -- The row that said that the action was about to run; null for that row itself.
  begun   bigint references ops_audit,
  actor   text not null,
  action  text not null,
  subject text not null,
  phase   text not null check (phase in ('begun', 'done', 'failed')),
  note    text,
  details jsonb not null
);
create index ops_audit_by_subject on ops_audit (subject, id);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the audit log is append-only';
end $$;
create trigger ops_audit_append_only before update or delete or truncate on ops_audit
  for each statement execute function refuse_change();

-- Filters that were frozen: what was counted is what is done.
create table ops_selections (
  id          uuid primary key,
  queue       text not null,
  filter      jsonb not null,
  letters     bigint not null,
  bytes       bigint not null,
  -- Letters before the last chosen one that have to be locked and handed back on the way.
  passed_over bigint not null,
  groups      jsonb not null,
  created_by  text not null,
  created_at  timestamptz(3) not null default now(),
  expires_at  timestamptz(3) not null
);
create index ops_selections_by_expiry on ops_selections (expires_at);

create table ops_selection_letters (
  selection_id uuid not null references ops_selections on delete cascade,
  place        text not null,
  position     text collate "C" not null,
  message_id   text not null,
  generation   integer not null,
  primary key (selection_id, place)
);

create table ops_replays (
  id            uuid primary key,
  selection_id  uuid not null unique,
  queue         text not null,
  target        text not null,
  state         text not null check (state in ('running', 'paused', 'stopped', 'cancelled', 'done')),
  -- Why it is in this state, for people; null while it runs.
  why           text,
  -- How many letters each stage has.
  stages        integer[] not null,
  -- The stage that it is in, 1 at first.
  stage         integer not null default 1,
  -- Letters a second; null for as many as there can be.
  rate          integer,
  stop_ratio    double precision not null,
  stop_at_least integer not null,
  confirm_ms    integer not null,
  note          text not null,
  created_by    text not null,
  created_at    timestamptz(3) not null default now(),
  ended_at      timestamptz(3)
);
create index ops_replays_by_time on ops_replays (created_at desc, id desc);
create index ops_replays_running on ops_replays (created_at) where state = 'running';

create table ops_replay_letters (
  replay_id  uuid not null references ops_replays on delete cascade,
  -- Its number in the replay, oldest first.
  n          integer not null,
  stage      integer not null,
  queue      text not null,
  place      text not null,
  message_id text not null,
  -- Of the dead letter; its copy has the next one.
  generation integer not null,
  -- waiting; sending: the broker may have it; sent; confirmed: the consumer's inbox has it; failed-again: it is a dead
  -- letter once more; unconfirmed: neither in time; refused: by the broker; missing: somebody took it before;
  -- released: the replay ended before its turn.
  state      text not null check (state in
    ('waiting', 'sending', 'sent', 'confirmed', 'failed-again', 'unconfirmed', 'refused', 'missing', 'released')),
  detail     text,
  sent_at    timestamptz(3),
  primary key (replay_id, n)
);
create index ops_replay_letters_by_state on ops_replay_letters (replay_id, stage, state, n);
-- No letter is in two replays at a time.
create unique index ops_replay_letters_claimed on ops_replay_letters (queue, place)
  where state in ('waiting', 'sending');
