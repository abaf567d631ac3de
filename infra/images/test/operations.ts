import { type ComposeSystem, until } from './compose-system.ts';
import { getJson } from './orders.ts';
import { authorization } from './token.ts';

interface Queue {
  readonly name: string;
  readonly counts: { readonly active: number } | null;
  readonly consumer: { readonly app: string; readonly health: string } | null;
}

/** Who consumes each queue that is operated, by its name, once all of them answer; undefined where nobody is known. */
export async function consumersOfQueues(system: ComposeSystem): Promise<Readonly<Record<string, string | undefined>>> {
  const queues = await until(
    'operations know how every consumer is',
    () => queuesOf(system),
    (all) => all.every(({ consumer }) => consumer?.health !== 'unknown'),
  );
  return Object.fromEntries(queues.map(({ name, consumer }) => [name, consumer?.app]));
}

/** Waits until the broker counts so many messages in a queue. */
export async function untilWaiting(system: ComposeSystem, queue: string, count: number): Promise<void> {
  await until(
    `${count} messages wait in ${queue}`,
    () => queuesOf(system),
    (queues) => queues.find(({ name }) => name === queue)?.counts?.active === count,
  );
}

async function queuesOf(system: ComposeSystem): Promise<readonly Queue[]> {
  const url = await system.url('operations', '/ops/queues');
  return (await getJson<{ readonly items: readonly Queue[] }>(url, await authorization(system))).items;
}
