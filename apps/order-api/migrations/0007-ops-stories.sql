-- An order's story asks what replays and discards did to its messages.
create index ops_replay_letters_by_message on ops_replay_letters (message_id);
create index ops_discard_letters_by_message on ops_discard_letters (message_id);
