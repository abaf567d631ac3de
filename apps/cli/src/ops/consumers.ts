import type { Consumer, Queue } from './ops-answers.js';

/** One line about the consuming of a queue. */
export function describeConsumer(queue: string, { app, ordered, paused, health, troubles }: Consumer): string {
  if (ordered) return `${queue}: paused since ${ordered.since}, ${ordered.reason} (${app})`;
  if (paused) return `${queue}: nobody orders a pause; ${app} waits for ${paused.dependency}: ${paused.detail}`;
  const others = troubles.map(({ part, detail }) => `, ${part}: ${detail}`).join('');
  return `${queue}: consumed by ${app}, ${health}${others}`;
}

/** A line for each queue whose consumer is paused, or not well. */
export function consumerLines(queues: readonly Queue[]): readonly string[] {
  return queues.flatMap(({ name, consumer }) =>
    consumer && (consumer.ordered || consumer.health !== 'up') ? [describeConsumer(name, consumer)] : [],
  );
}
