import { describe, expect, it } from '@jest/globals';
import { startBroker } from './broker.js';
import { type BrokerOptions, resolveBrokerOptions } from './broker-options.js';
import { DEFAULT_QUEUE_OPTIONS, withDefaults } from './entities/options.js';
import { resolveStoreOptions } from './store/store-options.js';

const undefinedFor = (options: object) => Object.fromEntries(Object.keys(options).map((name) => [name, undefined]));

describe('options of a broker', () => {
  it('have their defaults where they are undefined, and do not change any more', () => {
    const { log, ...defaults } = resolveBrokerOptions({});
    expect(defaults).toMatchObject({ host: '127.0.0.1', port: 0, sync: 'always', enforceTokenExpiry: true });
    const { log: other, ...explicit } = resolveBrokerOptions(undefinedFor({ log, ...defaults }));
    expect(explicit).toEqual(defaults);
    expect(Object.isFrozen(resolveBrokerOptions({}))).toBe(true);
    expect([typeof log, typeof other]).toEqual(['function', 'function']);
  });

  it('are refused with everything that is wrong with them', async () => {
    const wrong = { host: '', port: 65_536, managementPort: 1.5, dataDir: '', sync: 'never', tls: {}, log: 1 };
    const start = startBroker({ ...wrong, requireAuth: 'yes' } as unknown as BrokerOptions);
    const names = [...Object.keys(wrong), 'requireAuth'];
    await expect(start).rejects.toThrow(TypeError);
    await expect(start).rejects.toMatchObject({ message: expect.stringContaining('not 65536') });
    const { message } = (await start.catch((error: unknown) => error)) as Error;
    expect(names.filter((name) => !message.includes(`${name} must be`))).toEqual([]);
    await expect(startBroker({ fresh: true })).rejects.toThrow('fresh needs dataDir: nothing else is kept.');
  });
});

describe('options of a store', () => {
  it('have their defaults where they are undefined, and do not change any more', () => {
    const defaults = resolveStoreOptions({ dir: '.' });
    expect(defaults).toMatchObject({ sync: 'always', compactAfterBytes: 67_108_864, reserveBytes: 8_388_608 });
    const explicit = resolveStoreOptions({ ...undefinedFor(defaults), dir: '.' });
    expect(JSON.stringify(explicit)).toBe(JSON.stringify(defaults));
    expect(Object.isFrozen(defaults)).toBe(true);
  });

  it('are refused with everything that is wrong with them', () => {
    const wrong = { dir: '.', sync: 'never' as never, reserveBytes: -1, spaceCheckInterval: 0.5 };
    expect(() => resolveStoreOptions(wrong)).toThrow(
      /sync must be .* reserveBytes must be .* spaceCheckInterval must be/,
    );
  });
});

it('gives an option of a queue its default where it is undefined', () => {
  const options = withDefaults(DEFAULT_QUEUE_OPTIONS, { lockDuration: undefined as never, maxDeliveryCount: 3 });
  expect(options).toEqual({ ...DEFAULT_QUEUE_OPTIONS, maxDeliveryCount: 3 });
  expect(Object.isFrozen(options)).toBe(true);
});
