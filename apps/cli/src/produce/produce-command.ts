import { openBroker } from '../broker-transport.js';
import type { CommandContext } from '../command-context.js';
import { CommandError } from '../command-error.js';
import { findOrderApi } from '../orders/order-api.js';
import { onStopSignals } from '../up/stop-signals.js';
import { ApiSender } from './api-sender.js';
import { ContractSender } from './contract-sender.js';
import { LegacySender } from './legacy-sender.js';
import { produce, type Sent, type Tally } from './produce.js';
import { Progress } from './progress.js';
import type { Addresses, Sender } from './sender.js';

export interface ProduceFlags {
  readonly orders: number;
  readonly events: number;
  readonly rate?: number;
  readonly viaApi?: boolean;
  readonly legacy?: boolean;
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/** What a shell answers for a command that Ctrl-C ended. */
const interrupted = 130;

/**
 * Sends what the flags ask for and says what was sent, also when it ends early.
 *
 * @throws CommandError when one message is not confirmed
 */
export async function produceCommand(context: CommandContext, flags: ProduceFlags): Promise<void> {
  const { environment } = context;
  const to = {
    queue: environment['QUEUE_NAME'] || 'orders',
    topic: environment['TOPIC_NAME'] || 'events',
    currency: environment['DEFAULT_CURRENCY'] || 'EUR',
  };
  const sender = await openSender(context, flags, to);
  const startedAt = performance.now();
  const asked = new AbortController();
  const stopListening = onStopSignals(
    () => asked.abort(),
    () => process.exit(interrupted),
  );
  const report = new SendingReport(flags, to);
  try {
    const tally = await produce(sender, { ...flags, signal: asked.signal, onSent: (sent) => report.add(sent) });
    report.close(tally, performance.now() - startedAt);
    if (asked.signal.aborted && tally.notTried > 0) context.finish(interrupted);
  } finally {
    report.end();
    stopListening();
    await sender.close();
  }
}

async function openSender(context: CommandContext, flags: ProduceFlags, to: Addresses): Promise<Sender> {
  if (flags.legacy === true) return new LegacySender(await openBroker(context), to);
  if (flags.viaApi !== true) return new ContractSender(await openBroker(context), to);
  const events = flags.events === 0 ? nowhere : new ContractSender(await openBroker(context), to);
  return new ApiSender(findOrderApi(context), events, to.currency);
}

const nowhere: Sender = { send: () => Promise.resolve(), close: () => Promise.resolve() };

/** Keeps count of what is sent, and shows it as the flags ask. */
class SendingReport {
  readonly #flags: ProduceFlags;
  readonly #to: Addresses;
  readonly #total: number;
  readonly #progress: Progress | undefined;
  /** Kept for `--json` alone: there may be millions. */
  readonly #sent: Sent[] = [];
  #orders = 0;
  #events = 0;

  constructor(flags: ProduceFlags, to: Addresses) {
    this.#flags = flags;
    this.#to = to;
    this.#total = flags.orders + flags.events;
    this.#progress = flags.verbose === true ? undefined : new Progress(this.#total, process.stderr);
  }

  add(sent: Sent): void {
    if (sent.type === 'order') this.#orders += 1;
    else this.#events += 1;
    if (this.#flags.json === true) this.#sent.push(sent);
    if (this.#flags.verbose === true) console.log(this.#line(sent));
    this.#progress?.show(this.#orders + this.#events);
  }

  /** Says what became of all. */
  close({ sent, failed, notTried, reason }: Tally, tookMs: number): void {
    this.end();
    if (this.#flags.json === true) {
      const orders = this.#sent.filter(({ type }) => type === 'order').map(({ id }) => id);
      const events = this.#sent.filter(({ type }) => type !== 'order');
      console.log(JSON.stringify({ orders, events, failed, notTried, tookMs: Math.round(tookMs) }));
    }
    const rest = [
      ...(failed > 0 ? [`${failed} failed: not confirmed, so they may have arrived`] : []),
      ...(notTried > 0 ? [`${notTried} not tried`] : []),
    ].join('; ');
    if (reason !== undefined) {
      const why = reason instanceof Error ? reason.message : String(reason);
      throw new CommandError(`Sent ${sent} of ${this.#total} (${rest}), then: ${why}`, { cause: reason });
    }
    if (this.#flags.json === true) return;
    const seconds = (tookMs / 1_000).toFixed(1);
    if (notTried > 0) console.log(`Stopped after ${sent} of ${this.#total} (${rest}) in ${seconds} s.`);
    else console.log(`Sent ${this.#orders} orders and ${this.#events} events in ${seconds} s.`);
  }

  /** Shows no more. Safe to call twice. */
  end(): void {
    this.#progress?.end();
  }

  #line({ id, type }: Sent): string {
    const { queue, topic } = this.#to;
    return type === 'order' ? `[${queue}] sent ${id}` : `[${topic}] sent ${id} (${type})`;
  }
}
