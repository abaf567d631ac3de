import { type GatedSystem, type ServiceName, services } from './gated-system.js';

/** What a service said of itself, from one moment on. */
export interface HealthLine {
  /** Seconds since the record began. */
  readonly at: number;
  readonly service: ServiceName;
  /** The status of `/health/live`, and of `/health/ready`; 0 where nobody answered. */
  readonly live: number;
  readonly ready: number;
  /** Indicators that are not up, each with what it says. */
  readonly troubles: readonly string[];
}

interface Report {
  readonly details?: Readonly<Record<string, { readonly status: string; readonly message?: string }>>;
}

/** Asks every service every second how it is, and keeps each change. */
export class HealthRecord {
  readonly #system: GatedSystem;
  readonly #lines: HealthLine[] = [];
  readonly #since = performance.now();
  readonly #timer: NodeJS.Timeout;
  #asking: Promise<unknown> = Promise.resolve();

  constructor(system: GatedSystem) {
    this.#system = system;
    this.#timer = setInterval(() => {
      this.#asking = Promise.all(services.map((service) => this.#ask(service)));
    }, 1_000);
  }

  get seconds(): number {
    return Math.round((performance.now() - this.#since) / 100) / 10;
  }

  /** Everything that was said between two moments. */
  between(from: number, to: number): readonly HealthLine[] {
    return this.#lines.filter(({ at }) => at >= from && at <= to);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#asking;
  }

  async #ask(service: ServiceName): Promise<void> {
    const at = this.seconds;
    const [live, ready] = await Promise.all([this.#page(service, 'live'), this.#page(service, 'ready')]);
    const details = Object.entries(ready.report.details ?? {}).filter(([, { status }]) => status !== 'up');
    const troubles = details.map(([name, { status, message }]) => `${name} ${status}: ${message ?? ''}`);
    const line = { at, service, live: live.status, ready: ready.status, troubles };
    const last = this.#lines.findLast((earlier) => earlier.service === service);
    if (last && summaryOf(last) === summaryOf(line)) return;
    this.#lines.push(line);
    const said = troubles.length === 0 ? 'nothing is wrong' : troubles.join('; ').slice(0, 300);
    console.log(
      `${String(at).padStart(7)} s  ${service.padEnd(16)} live ${live.status} ready ${ready.status}  ${said}`,
    );
  }

  async #page(service: ServiceName, page: string): Promise<{ readonly status: number; readonly report: Report }> {
    try {
      const answer = await fetch(this.#system.url(service, `/health/${page}`), { signal: AbortSignal.timeout(8_000) });
      return { status: answer.status, report: (await answer.json()) as Report };
    } catch {
      return { status: 0, report: {} };
    }
  }
}

/** What is compared: counts and times in a message change all the time. */
function summaryOf({ live, ready, troubles }: HealthLine): string {
  return JSON.stringify([live, ready, troubles.map((trouble) => trouble.split(':')[0])]);
}
