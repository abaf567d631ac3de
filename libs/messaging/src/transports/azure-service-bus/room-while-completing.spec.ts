import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ServiceBusEnvironment } from '../../../test/service-bus-environment.js';
import { outgoing } from '../../testing/outgoing.js';
import { receive, type Receiver } from '../../testing/receive.js';
import type { TestedTransport } from '../../testing/transport-harness.js';

/** How late the broker settles, in milliseconds of its clock, which stands still. */
const delayMs = 30_000;

describe('the place of a message whose settlement the broker has not answered', () => {
  let environment: ServiceBusEnvironment;
  let transport: TestedTransport;
  let work: Receiver;
  beforeEach(async () => {
    environment = await ServiceBusEnvironment.start();
    environment.broker.faults.add({ kind: 'delay-settlements', entity: 'work', delayMs, times: 3 });
    transport = await environment.connect({ requestTimeoutMs: 20_000 });
    work = await receive(transport, 'work');
  });
  afterEach(() => environment.close());

  /** Sends messages, and waits long enough for them to be delivered if there were a place. */
  async function send(...ids: readonly string[]): Promise<void> {
    await transport.send(ids.map((id) => outgoing(id)));
    for (let looks = 0; looks < 10; looks += 1) await transport.deadLetters.peek('work');
  }

  it('is free for another when it is being completed, for two of each place', async () => {
    const seen: string[] = [];
    for (const id of ['1', '2', '3']) {
      await transport.send([outgoing(id)]);
      seen.push((await work.complete()).envelope.id);
    }
    await send('4');
    expect([seen, work.waiting]).toEqual([['1', '2', '3'], 0]);
    environment.broker.clock.advance(delayMs);
    expect((await work.complete()).envelope.id).toBe('4');
    expect(work.errors).toEqual([]);
  });

  it.each([
    { kind: 'retry', delayMs: 60_000, reason: 'again' },
    { kind: 'dead-letter', reason: 'Refused', detail: 'The test wanted it so.' },
    { kind: 'release' },
  ] as const)('is not free before the answer to anything else: $kind', async (settlement) => {
    await transport.send([outgoing('1')]);
    (await work.next()).settle(settlement);
    await send('2');
    expect(work.waiting).toBe(0);
    environment.broker.clock.advance(delayMs);
    const next = await work.complete();
    expect(next.envelope.id).toBe(settlement.kind === 'release' ? '1' : '2');
    expect(work.errors).toEqual([]);
  });
});
