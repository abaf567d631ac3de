import { expect, it } from '@jest/globals';
import { Bench } from '../../test/endpoint-bench.js';
import { outgoing } from '../testing/outgoing.js';

const byKey = ({ orderingKey }: { readonly orderingKey?: string }): string | undefined => orderingKey;

/** A handler that waits until the test lets it go on. */
function gate() {
  const begun: string[] = [];
  const open = new Map<string, () => void>();
  return {
    begun,
    work: ({ envelope: { id } }: { readonly envelope: { readonly id: string } }): Promise<void> => {
      begun.push(id);
      return new Promise((resolve) => open.set(id, resolve));
    },
    end: (id: string) => open.get(id)?.(),
  };
}

async function started() {
  const bench = new Bench();
  const { begun, work, end } = gate();
  const consumer = await bench.start(work, { partitionBy: byKey, concurrency: 10 });
  const send = (...ids: readonly string[]) =>
    bench.sender.send(ids.map((id) => outgoing(id, { type: 'order', orderingKey: id.slice(0, 1) })));
  return { bench, begun, end, consumer, send };
}

it('handles messages of a key one after the other, in the order in which they came, and other keys beside them', async () => {
  const { bench, begun, end, consumer, send } = await started();
  await send('a1', 'a2', 'b1', 'a3');
  await bench.clock.advance(0);
  expect(begun).toEqual(['a1', 'b1']);
  end('a1');
  await bench.clock.advance(0);
  expect(begun).toEqual(['a1', 'b1', 'a2']);
  end('a2');
  await bench.clock.advance(0);
  expect(begun).toEqual(['a1', 'b1', 'a2', 'a3']);
  for (const id of ['b1', 'a3']) end(id);
  await consumer.stop();
  bench.broker.close();
});

it('hands back what waits for its turn when the consumer stops, and counts no attempt', async () => {
  const { bench, begun, end, consumer, send } = await started();
  await send('a1', 'a2', 'a3');
  await bench.clock.advance(0);
  const stopped = consumer.stop();
  await bench.clock.advance(0);
  end('a1');
  await stopped;
  expect(begun).toEqual(['a1']);
  const next = gate();
  const heir = await bench.start(next.work, { partitionBy: byKey, concurrency: 10 });
  await bench.clock.advance(0);
  expect(next.begun).toEqual(['a2']);
  expect(bench.calls.at(-1)).toMatchObject({ id: 'a2', attempt: 1 });
  next.end('a2');
  await bench.clock.advance(0);
  next.end('a3');
  await heir.stop();
  bench.broker.close();
});

it('lets a message that has to run alone run, although others of its key wait behind it', async () => {
  const { bench, begun, end, consumer, send } = await started();
  await send('a1');
  await bench.clock.advance(0);
  for (let lost = 0; lost < 2; lost += 1) {
    bench.broker.loseLocks('work');
    await bench.clock.advance(60_000);
    end('a1');
    await bench.clock.advance(60_000);
  }
  await send('a2');
  await bench.clock.advance(60_000);
  end('a1');
  await bench.clock.advance(60_000);
  end('a2');
  await bench.clock.advance(0);
  expect(begun).toContain('a2');
  await consumer.stop();
  bench.broker.close();
});
