import { RetryMode } from '@azure/service-bus';
import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../testing/manual-clock.js';
import { ClientFactory } from './client-factory.js';
import { resolveOptions } from './options.js';

const minute = 60_000;
const endpoint = 'Endpoint=sb://orders.servicebus.windows.net';

/** A connection string with a signature that ends at `expiresAt`. */
function signed(expiresAt: number): string {
  return `${endpoint};SharedAccessSignature=SharedAccessSignature sr=orders&sig=abc&se=${expiresAt / 1_000}&skn=app`;
}

/** What the SDK goes by when it tries again: not published. */
interface Kept {
  readonly _clientOptions: { readonly retryOptions: { mode: RetryMode } };
}

describe('a client', () => {
  const connectionString = `${endpoint};SharedAccessKeyName=app;SharedAccessKey=c2VjcmV0`;
  const retryOptions = (factory: ClientFactory) =>
    (factory.create().client as unknown as Kept)._clientOptions.retryOptions;

  it('is not touched by what the SDK makes of the retry options of another, which is to set fixed pauses', () => {
    const factory = new ClientFactory({ connectionString }, resolveOptions({}));
    retryOptions(factory).mode = RetryMode.Fixed;
    expect(retryOptions(factory)).toMatchObject({ mode: RetryMode.Exponential, retryDelayInMs: 250 });
  });

  it('pauses no longer than it may from the first time on', () => {
    const factory = new ClientFactory({ connectionString }, resolveOptions({ maxReconnectDelayMs: 100 }));
    expect(retryOptions(factory)).toMatchObject({ retryDelayInMs: 100, maxRetryDelayInMs: 100 });
  });
});

describe('a client of a connection string', () => {
  const clock = new ManualClock();
  const replaceAt = (connectionString: string | (() => string)): number | undefined =>
    new ClientFactory({ connectionString }, resolveOptions({ clock })).create().replaceAt();

  it('with a key is replaced before the SDK renews its token', () => {
    const key = `${endpoint};SharedAccessKeyName=app;SharedAccessKey=c2VjcmV0`;
    expect(replaceAt(key)).toBe(clock.now() + 40 * minute);
  });

  it.each([
    ['five minutes before its end', 60 * minute, 55 * minute],
    ['half-way through a short one', 4 * minute, 2 * minute],
  ])('with a signature is replaced %s', (_, lifeMs, expected) => {
    expect(replaceAt(signed(clock.now() + lifeMs))).toBe(clock.now() + expected);
  });

  it.each([0, -minute, 30_000])('with a signature that ends in %d ms is not replaced by its like', (lifeMs) => {
    expect(replaceAt(signed(clock.now() + lifeMs))).toBeUndefined();
  });

  it('asks for another connection string for each new client', () => {
    let ends = clock.now() + 10 * minute;
    const factory = new ClientFactory({ connectionString: () => signed(ends) }, resolveOptions({ clock }));
    expect(factory.create().replaceAt()).toBe(clock.now() + 5 * minute);
    ends += 50 * minute;
    expect(factory.create().replaceAt()).toBe(clock.now() + 55 * minute);
  });
});
