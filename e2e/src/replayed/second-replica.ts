import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../free-port.js';
import { Replica } from '../ordered/replica.js';
import type { System } from '../system.js';

/** A further order-api with the ops module, beside the one that the supervisor runs. */
export interface SecondReplica {
  readonly url: string;
  kill(): Promise<void>;
}

export async function startSecondReplica(
  system: System,
  environment: Readonly<Record<string, string>>,
): Promise<SecondReplica> {
  const url = `http://127.0.0.1:${await freePort()}`;
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const replica = await Replica.start({
    args: [system.bundleOf('order-api')],
    env: {
      ...inherited,
      PORT: new URL(url).port,
      DATABASE_URL: system.databaseUrl('order-api'),
      SERVICEBUS_CONNECTION_STRING: system.connectionString,
      OPS: 'true',
      ...environment,
    },
    ready: () => ready(url),
  });
  return { url, kill: () => replica.kill() };
}

async function ready(url: string): Promise<void> {
  for (;;) {
    const answer = await fetch(`${url}/health/ready`).catch(() => undefined);
    if (answer?.ok === true) return;
    await pause(100);
  }
}
