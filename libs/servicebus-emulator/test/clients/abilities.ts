/** What a client of Service Bus can do, in the order of the matrix's rows. */
export const ABILITIES = {
  plain: 'connect without TLS',
  tls: 'connect over TLS',
  websocket: 'connect by WebSocket',
  send: 'send, receive, properties',
  batch: 'batch',
  complete: 'complete',
  abandon: 'abandon, release',
  'dead-letter': 'dead-letter',
  defer: 'defer, settle deferred',
  renew: 'renew a lock',
  'receive-and-delete': 'receive and delete',
  peek: 'peek',
  schedule: 'schedule, cancel',
  delete: 'delete a batch',
  sessions: 'sessions, their state',
  topic: 'topic, subscription',
  large: '250 KB',
  refusals: 'errors by their kind',
  administration: 'administration',
} as const;

export type Ability = keyof typeof ABILITIES;

/** How a client may connect. */
export const TRANSPORTS = ['plain', 'tls', 'websocket'] as const;
export type Transport = (typeof TRANSPORTS)[number];
