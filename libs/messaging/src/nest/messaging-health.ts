import type { EndpointHealth } from '../endpoint/endpoint.js';
import type { RelayHealth } from '../outbox/relay-health.js';

/** What a health indicator of `@nestjs/terminus` answers. */
export type IndicatorResult<Key extends string> = Record<
  Key,
  { readonly status: 'up' | 'down' } & Readonly<Record<string, unknown>>
>;

/** Where the health comes from; undefined where the app has no such part. */
export interface HealthSources {
  readonly consumer: () => EndpointHealth | undefined;
  readonly relay: () => RelayHealth | undefined;
}

/**
 * Health indicators for `@nestjs/terminus`, which is not needed otherwise:
 * `health.check([() => messaging.receiver()])`. Inject it by this class.
 */
export class MessagingHealth {
  readonly #sources: HealthSources;

  constructor(sources: HealthSources) {
    this.#sources = sources;
  }

  /** For liveness: down when the receiver has stalled, which a restart cures. A broker that is away is no reason. */
  receiver<Key extends string = 'receiver'>(key: Key = 'receiver' as Key): IndicatorResult<Key> {
    const health = this.#sources.consumer();
    return result(key, health?.state !== 'stalled', health ?? nothing);
  }

  /** For people and dashboards: down unless the queue is being consumed, and while it is paused. */
  consuming<Key extends string = 'consuming'>(key: Key = 'consuming' as Key): IndicatorResult<Key> {
    const health = this.#sources.consumer();
    return result(key, health === undefined || (health.state === 'running' && !health.paused), health ?? nothing);
  }

  /** For people and dashboards: down while the outbox cannot be sent. The app goes on, since its outbox keeps everything. */
  relay<Key extends string = 'relay'>(key: Key = 'relay' as Key): IndicatorResult<Key> {
    const health = this.#sources.relay();
    return result(key, health === undefined || health.state === 'running', health ?? nothing);
  }
}

const nothing = { detail: 'This app has none.' };

function result<Key extends string>(key: Key, isUp: boolean, details: object): IndicatorResult<Key> {
  return { [key]: { ...details, status: isUp ? 'up' : 'down' } } as IndicatorResult<Key>;
}
