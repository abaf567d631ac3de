import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { Transport } from '@orderflow/messaging';
import { type PostgresOutbox, type Relay, type RelayHealth, startRelay } from '@orderflow/messaging/postgres';
import type { HealthIndicator } from '@orderflow/service-kit';
import type { Pool } from 'pg';

export interface OutboxRelayOptions {
  readonly pool: Pool;
  readonly outbox: PostgresOutbox;
  readonly transport: Transport;
  readonly onError: (error: unknown) => void;
}

/**
 * Runs the relay while the application runs, and closes what it runs on after everything else: by then no request and
 * no message is in flight.
 */
export class OutboxRelay implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #options: OutboxRelayOptions;
  #relay: Relay | undefined;

  constructor(options: OutboxRelayOptions) {
    this.#options = options;
  }

  /** Reported, not decisive: orders are accepted while the outbox waits. */
  get health(): HealthIndicator {
    return {
      name: 'outbox',
      kind: 'degraded',
      check: () => {
        const { state, detail } = this.#state();
        if (state !== 'running') throw new Error(detail ?? `the relay is ${state}`);
      },
    };
  }

  onApplicationBootstrap(): void {
    this.#relay = startRelay(this.#options);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#relay?.stop();
    await this.#options.transport.close();
    await this.#options.pool.end();
  }

  #state(): Pick<RelayHealth, 'state' | 'detail'> {
    return this.#relay?.health() ?? { state: 'stopped', detail: 'The relay has not started.' };
  }
}
