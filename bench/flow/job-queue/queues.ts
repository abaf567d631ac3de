/** The queues of all roles. */
export const QUEUES = [
  'decide',
  'charge',
  'note-accepted',
  'note-captured',
  'count-accepted',
  'count-captured',
] as const;
export type Queue = (typeof QUEUES)[number];
