import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ServiceBusEnvironment } from '../../../test/service-bus-environment.js';
import type { DeadLetter } from '../../dead-letter/dead-letters.js';
import { outgoing } from '../../testing/outgoing.js';
import { receive } from '../../testing/receive.js';
import type { TestedTransport } from '../../testing/transport-harness.js';
import type { Settlement } from '../../transport.js';

/** More than a link can hold, and more locks than are renewed with one request. */
const count = 2_300;

describe('a replay of what lies behind many others', () => {
  let environment: ServiceBusEnvironment;
  let transport: TestedTransport;
  let all: readonly DeadLetter[];

  beforeEach(async () => {
    environment = await ServiceBusEnvironment.start();
    transport = await environment.connect({ requestTimeoutMs: 20_000 });
    await deadLetterMany(transport);
    all = await allDeadLetters(transport);
    expect(new Set(all.map(({ id }) => id)).size).toBe(count);
  });
  afterEach(() => environment.close());

  it('keeps all of them locked for longer than their locks last, and hands each back as it was', async () => {
    const last = all.at(-1)?.id;
    environment.broker.faults.add({ kind: 'delay-settlements', entity: 'work', delayMs: 150_000 });
    const filter = ({ id }: DeadLetter): boolean => id === last;
    const held = { replayed: 1, failed: 0, skipped: 0, handedBack: count - 1 };
    expect(await whileTimePasses(transport.deadLetters.replay('work', { filter }))).toEqual(held);

    const left = await allDeadLetters(transport);
    expect(left.map(({ id, attempt }) => [id, attempt])).toEqual(all.slice(0, -1).map(({ id }) => [id, 1]));
    const work = await receive(transport, 'work');
    expect((await work.complete()).envelope.id).toBe(last);
    // Nothing is locked any more.
    const limit = 10;
    expect(await transport.deadLetters.replay('work', { limit })).toEqual({ replayed: limit, failed: 0, skipped: 0 });
  });

  it('goes on when the locks of all that it holds have run out', async () => {
    const wanted = new Set([all.at(-400)?.id, all.at(-1)?.id]);
    const onProgress = ({ replayed }: { readonly replayed: number }): void => {
      if (replayed === 1) environment.broker.faults.disrupt({ kind: 'expire-locks', entity: 'work' });
    };
    const filter = ({ id }: DeadLetter): boolean => wanted.has(id);
    const result = await transport.deadLetters.replay('work', { filter, onProgress });
    expect(result).toMatchObject({ replayed: 2, failed: 0, skipped: 0 });
    expect((await allDeadLetters(transport)).length).toBe(count - 2);
    expect(await transport.deadLetters.replay('work')).toEqual({ replayed: count - 2, failed: 0, skipped: 0 });
  });

  async function whileTimePasses<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const result = work.finally(() => (isDone = true));
    while (!isDone) await environment.advance(environment.lockDurationMs / 8);
    return result;
  }
});

async function deadLetterMany(transport: TestedTransport): Promise<void> {
  let left = count;
  const allDelivered = Promise.withResolvers<void>();
  const refuse = async (): Promise<Settlement> => {
    left -= 1;
    if (left === 0) allDelivered.resolve();
    return { kind: 'dead-letter', reason: 'Refused', detail: 'The test wanted it so.' };
  };
  const subscription = await transport.subscribe('work', refuse, { concurrency: 100, onError: () => {} });
  await transport.send(Array.from({ length: count }, (_, n) => outgoing(`m-${n}`)));
  await allDelivered.promise;
  await subscription.stop();
}

/** All dead letters of `work`, oldest first. */
async function allDeadLetters(transport: TestedTransport): Promise<readonly DeadLetter[]> {
  const letters: DeadLetter[] = [];
  let from: string | undefined;
  do {
    const page = await transport.deadLetters.peek('work', { limit: 250, from });
    letters.push(...page.letters);
    from = page.next;
  } while (from !== undefined);
  return letters;
}
