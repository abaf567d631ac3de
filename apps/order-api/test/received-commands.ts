import { orderCancel, orderPlace } from '@orderflow/contracts';
import { createMessageReader, type Message, type Transport } from '@orderflow/messaging';

/** What arrives in a queue of commands. */
export interface ReceivedCommands {
  /** The next message about an order, in the order of their arrival; waits for it. */
  next(orderId: string): Promise<Message>;
  /** How many arrived about an order. */
  count(orderId: string): number;
}

interface CommandQueue {
  /** `orders` when absent. */
  readonly queue?: string;
  /** Whether the queue requires sessions; false when absent. */
  readonly hasSessions?: boolean;
}

/** Takes everything from a queue of commands, as order-worker would. */
export async function receiveCommands(
  transport: Transport,
  { queue = 'orders', hasSessions = false }: CommandQueue = {},
): Promise<ReceivedCommands> {
  const read = createMessageReader([orderPlace, orderCancel]);
  const received = new Map<string, Message[]>();
  const taken = new Map<string, number>();
  const waiting = new Set<() => void>();
  await transport.subscribe(
    queue,
    async ({ envelope }) => {
      const message = read(envelope);
      const key = envelope.orderingKey ?? '';
      received.set(key, [...(received.get(key) ?? []), message]);
      for (const wake of waiting) wake();
      waiting.clear();
      return { kind: 'complete' };
    },
    {
      concurrency: 8,
      ...(hasSessions && { sessions: {} }),
      onError: (error) => {
        throw error;
      },
    },
  );
  return {
    count: (orderId) => received.get(orderId)?.length ?? 0,
    async next(orderId) {
      const position = taken.get(orderId) ?? 0;
      taken.set(orderId, position + 1);
      for (;;) {
        const message = received.get(orderId)?.[position];
        if (message) return message;
        await new Promise<void>((wake) => waiting.add(wake));
      }
    },
  };
}
