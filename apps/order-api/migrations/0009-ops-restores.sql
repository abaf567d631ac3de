-- Copies whose letters were sent to their queue again: when that was; null where they were not, or before this was kept.
alter table ops_discard_letters add column restored_at timestamptz(3);
alter table ops_export_letters add column restored_at timestamptz(3);
alter table ops_edits add column restored_at timestamptz(3);

-- What became of a letter is looked up by its message.
create index ops_export_letters_by_message on ops_export_letters (message_id);
create index ops_edits_by_message on ops_edits (message_id);
