import type { CommandContext } from '../command-context.js';
import { findOrderApi } from '../orders/order-api.js';
import { defaultCredential, findServiceBus, openTransport, type ServiceBusAddress } from '../service-bus.js';
import { ApiSender } from './api-sender.js';
import { ContractSender } from './contract-sender.js';
import { LegacySender } from './legacy-sender.js';
import { produce, type Sent } from './produce.js';
import { ProgressBar } from './progress-bar.js';
import type { Addresses, Sender } from './sender.js';

export interface ProduceFlags {
  readonly orders: number;
  readonly events: number;
  readonly rate?: number;
  readonly viaApi?: boolean;
  readonly legacy?: boolean;
  readonly json?: boolean;
}

/** More messages than this are shown as a bar on a terminal, not as a line each. */
const mostLines = 50;

/** Sends what the flags ask for and says what was sent. */
export async function produceCommand(context: CommandContext, flags: ProduceFlags): Promise<void> {
  const { environment } = context;
  const to = {
    queue: environment['QUEUE_NAME'] || 'orders',
    topic: environment['TOPIC_NAME'] || 'events',
    currency: environment['DEFAULT_CURRENCY'] || 'EUR',
  };
  const sender = await openSender(context, flags, to);
  const startedAt = performance.now();
  const sent: Sent[] = [];
  const show = progressOf(flags, to);
  try {
    await produce(sender, {
      ...flags,
      onSent: (group) => {
        sent.push(...group);
        show.sent(group, sent.length);
      },
    });
  } finally {
    show.end();
    await sender.close();
  }
  const tookMs = Math.round(performance.now() - startedAt);
  const orders = sent.filter(({ type }) => type === 'order').map(({ id }) => id);
  const events = sent.filter(({ type }) => type !== 'order');
  if (flags.json === true) console.log(JSON.stringify({ orders, events, tookMs }));
  else console.log(`Sent ${orders.length} orders and ${events.length} events in ${(tookMs / 1000).toFixed(1)} s.`);
}

async function openSender(context: CommandContext, flags: ProduceFlags, to: Addresses): Promise<Sender> {
  if (flags.legacy === true) return new LegacySender(await openClient(findServiceBus(context)), to);
  if (flags.viaApi !== true) return new ContractSender(await openTransport(findServiceBus(context)), to);
  const events = flags.events === 0 ? nowhere : new ContractSender(await openTransport(findServiceBus(context)), to);
  return new ApiSender(findOrderApi(context), events, to.currency);
}

const nowhere: Sender = { send: () => Promise.resolve([]), close: () => Promise.resolve() };

async function openClient(address: ServiceBusAddress) {
  const { ServiceBusClient } = await import('@azure/service-bus');
  const options = { retryOptions: { maxRetries: 2, retryDelayInMs: 250, timeoutInMs: 10_000 } };
  return 'connectionString' in address
    ? new ServiceBusClient(address.connectionString, options)
    : new ServiceBusClient(address.fullyQualifiedNamespace, await defaultCredential(), options);
}

interface Progress {
  sent(group: readonly Sent[], count: number): void;
  end(): void;
}

function progressOf({ orders, events, json }: ProduceFlags, { queue, topic }: Addresses): Progress {
  const total = orders + events;
  if (process.stderr.isTTY && (json === true || total > mostLines)) {
    const bar = new ProgressBar(total, process.stderr);
    return { sent: (_group, count) => bar.show(count), end: () => bar.end() };
  }
  const line = ({ id, type }: Sent): string =>
    type === 'order' ? `[${queue}] sent ${id}` : `[${topic}] sent ${id} (${type})`;
  return {
    sent: (group) => {
      if (json !== true) console.log(group.map(line).join('\n'));
    },
    end: () => undefined,
  };
}
