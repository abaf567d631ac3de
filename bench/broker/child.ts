import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** A server in a process of its own. */
export interface Peer {
  readonly pid: number;
  readonly port: number;
  readonly connectionString: string;
  /** What it has used since it started, µs. Collects no garbage, so that a round pays for its own and no more. */
  cpu(): Promise<number>;
  /** What it holds after its garbage was collected, bytes. */
  memory(): Promise<number>;
  /** Puts messages into the queue `a`. */
  fill(count: number): Promise<void>;
  /** Takes all messages out of its queues. */
  empty(): Promise<void>;
  stop(): Promise<void>;
}

export async function startPeer(file: string, ...args: string[]): Promise<Peer> {
  const child = fork(new URL(file, import.meta.url), args, {
    execArgv: [...process.execArgv, '--expose-gc'],
  });
  child.setMaxListeners(0);
  const ready = (await reply(child)) as { port: number; connectionString: string };
  return {
    ...ready,
    pid: child.pid ?? 0,
    cpu: async () => {
      child.send('cpu');
      return (await reply(child)) as number;
    },
    memory: async () => {
      child.send('memory');
      return (await reply(child)) as number;
    },
    fill: async (count) => {
      child.send({ fill: count });
      await reply(child);
    },
    empty: async () => {
      child.send('empty');
      await reply(child);
    },
    stop: async () => {
      const exit = once(child, 'exit');
      child.disconnect();
      await exit;
    },
  };
}

async function reply(child: ChildProcess): Promise<unknown> {
  const [message] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`The peer ended with ${String(code)}.`))),
  ]);
  return message;
}
