import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { positiveNumber, wholeNumber } from '../options.js';
import { table } from '../table.js';
import { findOrderApi, type Order, type TimelineMessage } from './order-api.js';
import { watchOrder } from './watch.js';

export function addOrdersCommands(program: Command, context: CommandContext): void {
  const orders = program.command('orders').description('look at orders through order-api');
  orders
    .command('watch')
    .argument('<id>', "the order's id")
    .description('follow one order, message by message, until it is paid, rejected, cancelled or its payment failed')
    .option('--timeout <seconds>', 'how long to wait for its end', positiveNumber, 60)
    .option('--json', 'one JSON object for each message, and one for the order in the end')
    .addHelpText('after', '\nExample:\n  $ orderflow orders watch 7f9c2f6e-1d0b-4b0e-8f0c-2f7f8a3c9d10')
    .action((id: string, flags: WatchFlags) => watch(context, id, flags));
  orders
    .command('list')
    .description('the newest orders')
    .option('--status <status>', 'only those: pending, cancelling, accepted, rejected, cancelled, paid, payment_failed')
    .option('--customer <id>', 'only those of one customer')
    .option('--limit <count>', 'how many', wholeNumber(1, 200), 20)
    .option('--json', 'answer as JSON')
    .addHelpText('after', '\nExample:\n  $ orderflow orders list --status paid --limit 5')
    .action((flags: ListFlags) => list(context, flags));
}

interface WatchFlags {
  readonly timeout: number;
  readonly json?: boolean;
}

async function watch(context: CommandContext, id: string, { timeout, json }: WatchFlags): Promise<void> {
  const show = json === true ? (value: unknown) => console.log(JSON.stringify(value)) : undefined;
  const order = await watchOrder(findOrderApi(context), id, {
    timeoutMs: timeout * 1000,
    intervalMs: 200,
    onMessage: (message) => (show ?? ((it: TimelineMessage) => console.log(messageLine(it))))(message),
    onStatus: (status) => {
      if (show === undefined) console.log(status === 'unknown' ? 'not heard of yet; waiting' : `→ ${status}`);
    },
  });
  if (show === undefined) console.log(orderLine(order));
  else show(order);
}

function messageLine({ time, type, id, cause }: TimelineMessage): string {
  const because = cause === undefined ? '' : `, because of ${cause.messageId} (attempt ${cause.attempt})`;
  return `${time}  ${type.padEnd(16)}  ${id}${because}`;
}

function orderLine(order: Order): string {
  const reason = order.rejection?.text ?? order.cancelReason ?? order.paymentFailure;
  const invoice = order.invoiceId === undefined ? '' : `, invoice ${order.invoiceId}`;
  return `Order ${order.id}: ${order.status}, ${amountOf(order)}${invoice}${reason === undefined ? '' : `: ${reason}`}`;
}

interface ListFlags {
  readonly status?: string;
  readonly customer?: string;
  readonly limit: number;
  readonly json?: boolean;
}

async function list(context: CommandContext, { status, customer, limit, json }: ListFlags): Promise<void> {
  const page = await findOrderApi(context).list({
    limit: String(limit),
    ...(status !== undefined && { status }),
    ...(customer !== undefined && { customerId: customer }),
  });
  if (json === true) return console.log(JSON.stringify(page.items));
  if (page.items.length === 0) return console.log('No orders.');
  const rows = page.items.map((order) => [
    order.id,
    order.status,
    order.customerId ?? '',
    amountOf(order),
    order.createdAt ?? '',
  ]);
  console.log(table(['id', 'status', 'customer', 'total', 'created'], rows));
}

/** The total in major units, as people in English write it. */
function amountOf({ total, currency }: Order): string {
  if (total === null || currency === null) return '';
  const format = new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'code' });
  return format.format(total / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2)).replace('\u00a0', ' ');
}
