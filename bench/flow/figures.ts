/** What is measured of each stack, and the rows that come of it. */
import type { Row } from '../kit/report.js';
import { median, percentile } from '../kit/statistics.js';
import { latencies, pace, saturate } from './orders.js';
import type { Stack } from './stack.js';

export const CONNECTIONS = 16;
/** Orders of a run at a rate. */
const PACED = { slow: { orders: 60, perSecond: 10 }, busy: { orders: 1_000, perSecond: 100 } } as const;

export const PARTS = ['saturated', 'steady', 'latency'] as const;
export type Part = (typeof PARTS)[number];

const ROWS = {
  saturatedCpu: { what: 'saturated: CPU an order', unit: 'µs', better: 'less' },
  paid: { what: 'saturated: paid per second', unit: '/s', better: 'more' },
  steadyCpu: { what: '100 orders/s: CPU an order', unit: 'µs', better: 'less' },
  p50At10: { what: '10 orders/s: order to paid, p50', unit: 'ms', better: 'less' },
  p50At100: { what: '100 orders/s: order to paid, p50', unit: 'ms', better: 'less' },
  p99At100: { what: '100 orders/s: order to paid, p99', unit: 'ms', better: 'less' },
} as const satisfies Record<string, Pick<Row, 'what' | 'unit' | 'better'>>;
export type Quantity = keyof typeof ROWS;

/** One value a round of each quantity, and where the CPU of saturation went. */
export class Figures {
  readonly #values = new Map<Quantity, number[]>();
  readonly #byProcess: ReadonlyMap<string, number>[] = [];

  /** Measures a stack once more. */
  async round(stack: Stack, parts: ReadonlySet<Part>, { orders, size }: Amounts): Promise<void> {
    if (parts.has('saturated')) {
      const { microsAnOrder, seconds, byProcess } = await saturate(stack, orders, CONNECTIONS);
      this.#add('saturatedCpu', microsAnOrder);
      this.#add('paid', orders / seconds);
      this.#byProcess.push(byProcess);
    }
    const busy = size(PACED.busy.orders);
    if (parts.has('steady')) this.#add('steadyCpu', (await pace(stack, busy, PACED.busy.perSecond)).microsAnOrder);
    if (!parts.has('latency')) return;
    this.#add('p50At10', percentile(await latencies(stack, size(PACED.slow.orders), PACED.slow.perSecond), 0.5));
    const took = await latencies(stack, busy, PACED.busy.perSecond);
    this.#add('p50At100', percentile(took, 0.5));
    this.#add('p99At100', percentile(took, 0.99));
  }

  values(quantity: Quantity): readonly number[] {
    return this.#values.get(quantity) ?? [];
  }

  /** µs an order of each process, when saturated; empty when that was not measured. */
  byProcess(): ReadonlyMap<string, number> {
    const names = [...(this.#byProcess[0]?.keys() ?? [])];
    return new Map(names.map((name) => [name, median(this.#byProcess.map((run) => run.get(name) ?? 0))]));
  }

  #add(quantity: Quantity, value: number): void {
    const values = this.#values.get(quantity);
    if (values === undefined) this.#values.set(quantity, [value]);
    else values.push(value);
  }
}

interface Amounts {
  /** Of a saturated run. */
  readonly orders: number;
  /** A number, or part of it in a quick run. */
  size(full: number): number;
}

/** The quantities that were measured, of ours beside a baseline. */
export function rowsOver(
  over: string,
  baseline: Figures,
  ours: Figures,
  goals: Partial<Record<Quantity, number>>,
): readonly Row[] {
  return (Object.keys(ROWS) as Quantity[])
    .map((quantity) => ({
      ...ROWS[quantity],
      over,
      baseline: baseline.values(quantity),
      ours: ours.values(quantity),
      goal: goals[quantity],
    }))
    .filter((row) => row.ours.length > 0);
}
