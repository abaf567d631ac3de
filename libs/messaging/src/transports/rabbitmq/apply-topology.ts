import type { Channel, ChannelModel } from 'amqplib';
import { TransportError } from '../../transport.js';
import { type Declarations, declarationsOf } from './declarations.js';
import type { ResolvedTopology } from './topology.js';
import { isInequivalent, isRefused, translateError } from './translate-error.js';

/** One thing that has to exist: how to make it, and how to see that it is there. */
interface Step {
  readonly what: string;
  readonly make: (channel: Channel) => Promise<unknown>;
  /** Absent for what cannot be looked at without the right to configure. */
  readonly look?: (channel: Channel) => Promise<unknown>;
  /** Whether it may be missing: its node may be away. */
  readonly isOptional?: boolean | undefined;
}

/** What was done. `checked` when the user may not configure, or was told not to. */
export type Applied = 'asserted' | 'checked';

/**
 * Makes what is missing of a topology and refuses what is different. A user without the right to configure only checks
 * that its queues and exchanges exist: the broker tells neither bindings nor arguments without it.
 *
 * @throws TransportError `InvalidTopology` that lists every difference, and leaves what exists as it is
 */
export async function applyTopology(
  model: ChannelModel,
  topology: ResolvedTopology,
  declare: 'assert' | 'check',
): Promise<Applied> {
  const steps = stepsOf(declarationsOf(topology));
  const { problems, applied } = await walk(model, steps, declare === 'assert' ? 'asserted' : 'checked');
  if (problems.length === 0) return applied;
  const advice = 'Change the topology, or remove what is different when it holds nothing any more.';
  const message = `The broker has another topology: ${problems.join('; ')}. ${advice}`;
  throw new TransportError('InvalidTopology', message, false);
}

async function walk(model: ChannelModel, steps: readonly Step[], first: Applied) {
  const problems: string[] = [];
  let applied = first;
  let channel = await openChannel(model);
  for (const step of steps) {
    let refused = false;
    for (;;) {
      const run = applied === 'asserted' ? step.make : step.look;
      if (run === undefined) break;
      try {
        await run(channel);
        break;
      } catch (error) {
        // Each refusal closes the channel.
        channel = await openChannel(model);
        if (isRefused(error) && applied === 'asserted' && !refused) {
          applied = 'checked';
          refused = true;
          continue;
        }
        problems.push(...problemsOf(step, error));
        break;
      }
    }
  }
  await channel.close();
  return { problems, applied };
}

/** In words; throws what is no difference but a failure. */
function problemsOf({ what, isOptional = false }: Step, error: unknown): readonly string[] {
  const { message } = error as Error;
  if (isInequivalent(error)) return [`${what}: ${message.replace(/^.*PRECONDITION_FAILED - /, '').replace(/"$/, '')}`];
  const translated = translateError(error, `declare ${what}`);
  if (translated.code === 'QueueNotFound') return isOptional ? [] : [`${what} does not exist`];
  if (translated.code === 'Unauthorized') return [`${what} may not be declared by this user`];
  throw translated;
}

function stepsOf({ exchanges, queues, bindings }: Declarations): readonly Step[] {
  return [
    ...exchanges.map(({ name }) => ({
      what: `exchange "${name}"`,
      make: (channel: Channel) => channel.assertExchange(name, 'topic', { durable: true }),
      look: (channel: Channel) => channel.checkExchange(name),
    })),
    ...queues.map((queue) => ({
      what: `queue "${queue.name}"`,
      make: (channel: Channel) => channel.assertQueue(queue.name, { durable: true, arguments: queue.arguments }),
      look: (channel: Channel) => channel.checkQueue(queue.name),
      isOptional: queue.isOptional,
    })),
    ...bindings.map(({ from, to, pattern }) => ({
      what: `binding of "${from}"`,
      make: (channel: Channel) =>
        'queue' in to ? channel.bindQueue(to.queue, from, pattern) : channel.bindExchange(to.exchange, from, pattern),
    })),
  ];
}

async function openChannel(model: ChannelModel): Promise<Channel> {
  const channel = await model.createChannel();
  // Its calls reject with the error.
  channel.on('error', () => {});
  return channel;
}
