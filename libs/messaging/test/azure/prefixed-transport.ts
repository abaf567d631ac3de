import type { DeadLetters } from '../../src/dead-letter/dead-letters.js';
import type { TestedTransport } from '../../src/testing/transport-harness.js';
import { type Destination, type Outgoing, type Subscription, TransportError } from '../../src/transport.js';

/** A transport whose queues and topics are called `prefix` and their name; whoever uses it does not see that. */
export function prefixed(inner: TestedTransport, prefix: string): TestedTransport {
  const outside = <T>(work: Promise<T>): Promise<T> => work.catch((error: unknown) => Promise.reject(plain(error)));
  const plain = (error: unknown): unknown => {
    if (!(error instanceof TransportError)) return error;
    const { code, message, retryable } = error;
    return new TransportError(code, message.replaceAll(prefix, ''), retryable, { cause: error });
  };
  const inside = (to: Destination): Destination =>
    'queue' in to ? { queue: prefix + to.queue } : { topic: prefix + to.topic };
  return {
    capabilities: { ...inner.capabilities, queueCounts: false },
    deadLetters: prefixedDeadLetters(inner.deadLetters, prefix, outside),
    send(messages, { onScheduled, ...options } = {}) {
      const originals = new Map<Outgoing, Outgoing>(
        messages.map((message) => [{ ...message, to: inside(message.to) }, message]),
      );
      return outside(
        inner.send([...originals.keys()], {
          ...options,
          ...(onScheduled && {
            onScheduled: (sent, scheduled) => {
              const message = originals.get(sent) ?? sent;
              onScheduled(message, { ...scheduled, to: message.to });
            },
          }),
        }),
      );
    },
    async subscribe(queue, consume, { onError, ...options }) {
      const subscription = await outside(
        inner.subscribe(prefix + queue, (delivery) => consume({ ...delivery, queue }), {
          ...options,
          onError: (error) => onError(plain(error) as TransportError),
        }),
      );
      return named(subscription, queue);
    },
    async cancelScheduled({ to, reference }) {
      if (inner.cancelScheduled === undefined) throw new Error('This transport takes nothing back.');
      return outside(inner.cancelScheduled({ to: inside(to), reference }));
    },
    close: () => inner.close(),
  };
}

function prefixedDeadLetters(
  inner: DeadLetters,
  prefix: string,
  outside: <T>(work: Promise<T>) => Promise<T>,
): DeadLetters {
  // What is no name stays none.
  const inside = (place: string): string => place.replace(/^(?=[^/])/, prefix);
  return {
    peek: (place, options) => outside(inner.peek(inside(place), options)),
    read: (place, places) => outside(inner.read(inside(place), places)),
    replay: (place, { to, ...options } = {}) =>
      outside(inner.replay(inside(place), { ...options, ...(to !== undefined && { to: inside(to) }) })),
    discard: (place, options) => outside(inner.discard(inside(place), options)),
  };
}

function named(inner: Subscription, queue: string): Subscription {
  return {
    queue,
    get inHand() {
      return inner.inHand;
    },
    health: () => inner.health(),
    setConcurrency: (limit) => inner.setConcurrency(limit),
    stop: (drainTimeoutMs) => inner.stop(drainTimeoutMs),
  };
}
