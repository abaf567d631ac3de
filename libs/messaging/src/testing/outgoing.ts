import type { Envelope } from '../envelope.js';
import type { Destination, Outgoing } from '../transport.js';

/** A message for queue `work`, or another destination, with a valid envelope. */
export function outgoing(id: string, envelope: Partial<Envelope> = {}, to: Destination = { queue: 'work' }): Outgoing {
  return {
    to,
    envelope: {
      id,
      type: 'work.do',
      version: 1,
      source: '/suite',
      time: '2026-01-01T00:00:00.000Z',
      contentType: 'application/json',
      headers: {},
      body: new TextEncoder().encode(JSON.stringify({ id })),
      ...envelope,
    },
  };
}
