/** The first byte of each stored event. Never renumber: journals outlive programs. */
export const TAG = Object.freeze({
  group: 1,
  'entity-created': 2,
  'entity-updated': 3,
  'entity-deleted': 4,
  'rule-added': 5,
  'rule-removed': 6,
  enqueued: 7,
  removed: 8,
  activated: 9,
  changed: 10,
  'sequence-used': 11,
  'message-id-seen': 12,
  'session-state-set': 13,
  'message-id-forgotten': 14,
});

/** Stored states of a message. */
export const STATES = Object.freeze(['active', 'deferred', 'scheduled'] as const);

/** Priorities are one byte; the header's flags are written above them, so that journals without flags can be read. */
export const PRIORITIES = 256;
