/**
 * Delays by a fixed set of queues, one for each power of two seconds. Every message of such a queue waits equally long, so
 * they leave it in the order in which they came, and a short delay never waits behind a long one. A message passes through
 * the queues whose powers add up to its delay, the longest first; its routing key says which, bit by bit.
 */

/** The granularity of delays, in milliseconds: they are rounded up to it. */
export const delayStepMs = 1_000;
/** What names of exchanges and queues for delays begin with. */
const prefix = 'messaging.delay';

/** Where messages end up whose delay is over: it routes them on to their queues. */
export const deliveryExchange = `${prefix}.delivery`;

/** One power of two. Its exchange and its queue have the same name. */
export interface DelayLevel {
  readonly name: string;
  readonly timeToLiveMs: number;
  /** The exchange that gets what has waited here, and what need not. */
  readonly next: string;
  /** The pattern of routing keys of what waits here. */
  readonly waits: string;
  /** The pattern of those of what passes by. */
  readonly passes: string;
}

/** How many levels it takes for delays of up to `longestMs`. */
export function levelsFor(longestMs: number): number {
  return Math.max(1, Math.ceil(Math.log2(Math.ceil(longestMs / delayStepMs) + 1)));
}

/** The longest delay that so many levels make, in milliseconds. */
export function longestDelayOf(levels: number): number {
  return (2 ** levels - 1) * delayStepMs;
}

/** All levels, the shortest first. */
export function delayLevels(count: number): readonly DelayLevel[] {
  return Array.from({ length: count }, (_, level) => {
    const before = '*.'.repeat(count - 1 - level);
    return {
      name: levelName(level),
      timeToLiveMs: delayStepMs * 2 ** level,
      next: level === 0 ? deliveryExchange : levelName(level - 1),
      waits: `${before}1.#`,
      passes: `${before}0.#`,
    };
  });
}

/**
 * Where to publish what is to be delivered after `delayMs` (more than 0), rounded up to a whole second.
 * @param target from {@link queueTarget} or {@link topicTarget}
 * @returns undefined when the delay is longer than `count` levels can make it
 */
export function delayedRoute(
  delayMs: number,
  target: string,
  count: number,
): { readonly exchange: string; readonly routingKey: string } | undefined {
  const steps = Math.ceil(delayMs / delayStepMs);
  if (steps >= 2 ** count) return undefined;
  const bits = steps.toString(2).padStart(count, '0');
  const highest = count - 1 - bits.indexOf('1');
  return { exchange: levelName(highest), routingKey: `${[...bits].join('.')}.${target}` };
}

/** The end of a routing key that stands for a queue. */
export function queueTarget(queue: string): string {
  return `queue.${word(queue)}`;
}

/** The end of a routing key that stands for a message of this type to a topic; or a pattern of it, for the type `#`. */
export function topicTarget(topic: string, type: string): string {
  return `topic.${word(topic)}.${type}`;
}

/** The pattern of what has waited and goes to `target`, with `count` levels. */
export function deliveryPattern(target: string, count: number): string {
  return `${'*.'.repeat(count)}${target}`;
}

function levelName(level: number): string {
  return `${prefix}.${level}`;
}

/** A name as one word of a routing key, whatever is in it. */
function word(name: string): string {
  return encodeURIComponent(name).replaceAll('.', '%2E').replaceAll('*', '%2A');
}
