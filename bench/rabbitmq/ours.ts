/** What ours does in the comparison: `ours.ts consume|publish URL QUEUE COUNT`; prints what it measured as JSON. */
import {
  type Contract,
  createEnvelopeWriter,
  type DeliveryReport,
  handle,
  observeDeliveries,
  startConsumer,
} from '@orderflow/messaging';
import { createRabbitMqTransport } from '@orderflow/messaging/rabbitmq';
import { topology } from './topology.js';

interface Order {
  readonly orderId: string;
  readonly customerId: string;
  readonly currency: string;
  readonly lines: readonly { readonly sku: string; readonly quantity: number; readonly unitPrice: number }[];
}

interface Measuring {
  done(): void;
  readonly result: Promise<unknown>;
}

const { measure, order, publishAll } = (await import(new URL('./peers/measure.mjs', import.meta.url).href)) as {
  measure(count: number): Measuring;
  order(number: number): Order;
  publishAll(count: number, publish: (number: number) => Promise<void>): Promise<unknown>;
};

/** Checks every field, as a schema library would. */
const placed: Contract<Order> = {
  type: 'bench.order',
  version: 1,
  kind: 'command',
  parse(value) {
    const { orderId, customerId, currency, lines } = value as Order;
    const texts = [orderId, customerId, currency];
    const isGood =
      texts.every((text) => typeof text === 'string' && text !== '') &&
      Array.isArray(lines) &&
      lines.every(({ sku, quantity, unitPrice }) => {
        return typeof sku === 'string' && Number.isInteger(quantity) && quantity > 0 && Number.isInteger(unitPrice);
      });
    if (!isGood) throw new TypeError('It is no order.');
    return value as Order;
  },
};

const [what, url = '', queue = '', count = ''] = process.argv.slice(2);
const transport = createRabbitMqTransport({ url }, { topology });

/** With everything that a worker of ours has before its handler, save the inbox. */
async function consume(): Promise<unknown> {
  const { done, result } = measure(Number(count));
  const settled = { complete: 0, retry: 0, release: 0, 'dead-letter': 0 };
  const durations = new Uint32Array(64);
  const finished = ({ settlement, durationMs }: DeliveryReport): void => {
    settled[settlement.kind] += 1;
    const bucket = Math.min(63, Math.ceil(Math.log2(durationMs * 1_000 + 1)));
    durations[bucket] = (durations[bucket] ?? 0) + 1;
  };
  await startConsumer({
    transport,
    queue,
    concurrency: 100,
    handlers: [handle(placed, async () => done())],
    middleware: [observeDeliveries({ finished })],
    onError: (error) => process.stderr.write(`${error.message}\n`),
  });
  return result;
}

const write = createEnvelopeWriter('/bench');
const publish = (): Promise<unknown> =>
  publishAll(Number(count), (number) => transport.send([{ to: { queue }, envelope: write(placed, order(number)) }]));

const result = await (what === 'consume' ? consume() : publish());
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
