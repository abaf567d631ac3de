import type { AppOps } from './app-ops.js';
import type { Apps } from './apps.js';
import type { ConsumerView } from './consumer-view.js';

/** How long an answer is used again, in milliseconds. */
const keptMs = 2_000;

/** How long the list of queues waits for a consumer, in milliseconds. */
const waitTimeoutMs = 1_500;

interface Kept {
  readonly view: Promise<ConsumerView>;
  readonly until: number;
}

/** How the consumers of queues are. Each is asked by one request at a time, and its answer is used for a moment. */
export class ConsumerStates {
  readonly #apps: Pick<Apps, 'consumerOf'>;
  readonly #now: () => number;
  /** By queue: as many as are configured. */
  readonly #kept = new Map<string, Kept>();

  /** @param now milliseconds since some moment, never set back */
  constructor(apps: Pick<Apps, 'consumerOf'>, now: () => number = () => performance.now()) {
    this.#apps = apps;
    this.#now = now;
  }

  /** Null where nobody is known to consume it, as for a subscription. Never rejects. */
  async of(queue: string): Promise<ConsumerView | null> {
    const app = this.#apps.consumerOf(queue);
    if (!app) return null;
    const kept = this.#kept.get(queue);
    if (kept && this.#now() < kept.until) return kept.view;
    const view = ask(app);
    this.#kept.set(queue, { view, until: this.#now() + keptMs });
    return view;
  }

  /** Has the consumer asked anew, because something was changed. */
  forget(queue: string): void {
    this.#kept.delete(queue);
  }
}

async function ask(app: AppOps): Promise<ConsumerView> {
  const timeout = AbortSignal.timeout(waitTimeoutMs);
  const late = new Promise<never>((_, reject) => {
    const give = (): void => reject(new Error(`${app.name} does not answer within ${waitTimeoutMs} ms.`));
    timeout.addEventListener('abort', give, { once: true });
  });
  const asOf = new Date().toISOString();
  try {
    const [{ ordered, paused }, { state, troubles }] = await Promise.race([
      Promise.all([app.readPause(), app.health()]),
      late,
    ]);
    return { app: app.name, ordered, paused, health: state, troubles: [...troubles], asOf };
  } catch (error) {
    const troubles = [{ part: 'answer', detail: (error as Error).message }];
    return { app: app.name, ordered: null, paused: null, health: 'unknown', troubles, asOf };
  }
}
