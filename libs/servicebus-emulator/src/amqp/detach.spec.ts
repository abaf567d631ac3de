import { ServiceBusClient } from '@azure/service-bus';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type rhea from 'rhea';
import { type Broker, startBroker } from '../broker.js';
import { RawClient } from './testing/raw-client.js';

let broker: Broker;
let raw: RawClient;

beforeEach(async () => {
  broker = await startBroker();
  broker.namespace.createQueue('q', {}, broker.clock.now());
  raw = await RawClient.connect(broker.port);
});

afterEach(async () => {
  await raw.close();
  await broker.close();
});

const stored = () => broker.namespace.registry.target('q')?.main.counts.active;

/** What a client hears about its sender, frame by frame: rhea itself tells of answers only after all frames it has. */
function record(sender: rhea.Sender): string[] {
  const events: string[] = [];
  const { outgoing } = sender.session as unknown as { outgoing: { on_disposition(fields: Disposition): void } };
  const read = outgoing.on_disposition.bind(outgoing);
  outgoing.on_disposition = (fields) => {
    read(fields);
    events.push(fields.state.descriptor.value === ACCEPTED ? 'accepted' : 'refused');
  };
  sender.on('sender_error', () => events.push('detached'));
  raw.connection.on('connection_close', () => events.push('closed'));
  return events;
}

const ACCEPTED = 0x24;

interface Disposition {
  readonly state: { readonly descriptor: { readonly value: number } };
}

const detachLinks = () => void broker.faults.disrupt({ kind: 'detach-links', entity: 'q' });

it('a receiver that waits for a session is told why when its queue is deleted', async () => {
  broker.namespace.createQueue('s', { requiresSession: true }, broker.clock.now());
  const client = new ServiceBusClient(broker.connectionString, { retryOptions: { maxRetries: 0 } });
  const session = client.acceptNextSession('s');
  const refused = expect(session).rejects.toMatchObject({ code: 'MessagingEntityNotFound' });
  const table = broker.namespace.registry.target('s')?.main.sessions;
  while (!table?.acceptors.size) await new Promise(setImmediate);
  broker.namespace.delete('s', broker.clock.now());
  await refused;
  await client.close();
});

describe('a send and the end of its link', () => {
  it.each([
    ['link', detachLinks, 'detached'],
    ['connection', () => void broker.close(), 'closed'],
  ])('is told as accepted before the %s ends: nobody sends it again', async (_, end, last) => {
    const sender = await raw.openSender('q');
    const events = record(sender);
    sender.send({ body: 'kept' });
    while (stored() === 0) await new Promise(setImmediate);
    expect(events).toEqual([]); // The answer waits for the client's pause.
    end();
    while (events.length < 2) await new Promise(setImmediate);
    expect(events).toEqual(['accepted', last]);
  });

  it('is refused when it comes after the end of its link: whoever sent it takes it for failed', async () => {
    const sender = await raw.openSender('q');
    const events = record(sender);
    detachLinks();
    sender.send({ body: 'too late' });
    while (events.length < 2) await new Promise(setImmediate);
    expect([events, stored()]).toEqual([['detached', 'refused'], 0]);
  });

  it('is dropped when it comes after the end of its connection', async () => {
    const sender = await raw.openSender('q');
    const closed = broker.close();
    sender.send({ body: 'too late' });
    await closed;
    expect(stored()).toBe(0);
  });
});
