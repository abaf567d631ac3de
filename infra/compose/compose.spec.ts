import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { readCompose } from './compose-file.ts';
import { RULES } from './compose-problems.ts';
import { problemsOf, withinEmulatorLimits } from './emulator-config.mjs';

const workspace = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(workspace, path), 'utf8');

const { services } = readCompose(workspace);

describe("the configuration of Microsoft's emulator", () => {
  const ours = JSON.parse(read('infra/servicebus/Config.json')) as object;

  it('is derived, because ours is beyond its limits', () => {
    expect(problemsOf(ours)).toContain('orders: MaxDeliveryCount 20 is above the limit');
    expect(problemsOf(withinEmulatorLimits(ours))).toEqual([]);
  });

  it('differs from ours in nothing but those values', () => {
    const loosened = JSON.parse(JSON.stringify(ours), (key, value: unknown) => {
      if (key === 'MaxDeliveryCount') return 10;
      if (key === 'DuplicateDetectionHistoryTimeWindow') return 'PT300S';
      return key === 'Name' && value === '$Default' ? 'everything' : value;
    }) as object;
    expect(withinEmulatorLimits(ours)).toEqual(loosened);
  });

  it('leaves what is within the limits as it was written', () => {
    const small = { LockDuration: 'PT1M', MaxDeliveryCount: 3, DefaultMessageTimeToLive: 'PT60M' };
    expect(withinEmulatorLimits(small)).toEqual(small);
    expect(withinEmulatorLimits({ DefaultMessageTimeToLive: 'P1D' })).toEqual({ DefaultMessageTimeToLive: 'PT3600S' });
    expect(() => withinEmulatorLimits({ LockDuration: 'a minute' })).toThrow('LockDuration: a minute is no duration');
  });
});

describe('docker-compose.yml', () => {
  it.each(Object.entries(RULES))('%s', (_, rule) => {
    expect(rule(services, workspace)).toEqual([]);
  });
});

describe('host names in the containers', () => {
  const servers = Object.entries(services).filter(([, { image }]) => /^orderflow\/(?!cli)/.test(image));

  it('are allowed where a container calls another by one', () => {
    expect(servers.map(([name]) => name)).toContain('payment-gateway');
    const values = servers.flatMap(([, { environment = {} }]) => Object.values(environment).map(String));
    const called = new Set(
      values.flatMap((value) => [...value.matchAll(/\b(?:http|sb):\/\/([\w-]+)/g)].map(([, name]) => name)),
    );
    const workers = ['order-worker', 'billing-worker', 'analytics-worker'];
    expect(called).toEqual(new Set(['broker', 'payment-gateway', 'dev-issuer', ...workers]));
    for (const name of called) {
      expect(services[name ?? '']?.environment?.['ALLOWED_HOSTS']?.split(',')).toContain(name);
    }
  });

  it('are those of every app, the gateway and the broker', () => {
    for (const [name, { environment }] of servers) {
      expect([name, environment?.['ALLOWED_HOSTS']?.split(',')]).toEqual([name, expect.arrayContaining([name])]);
    }
  });
});

describe('Prometheus beside the containers', () => {
  interface Discovery {
    readonly names: readonly string[];
    readonly port: number;
  }
  const { scrape_configs } = parse(read('infra/compose/prometheus.yml')) as {
    readonly scrape_configs: readonly { readonly job_name: string; readonly dns_sd_configs: readonly Discovery[] }[];
  };

  it('asks every app at the port that it has there', () => {
    const [orderflow] = scrape_configs;
    expect(orderflow?.job_name).toBe('orderflow');
    const asked = orderflow?.dns_sd_configs.map(({ names, port }) => [names[0], String(port)]);
    const served = Object.entries(services)
      .filter(([, { environment }]) => environment?.['DATABASE_URL'] !== undefined)
      .map(([name, { environment }]) => [name, environment?.['METRICS_PORT']]);
    expect(asked).toEqual(served);
  });
});

describe('the development issuer', () => {
  it('is in no deployment: it gives tokens to whoever knows a secret that is written here', () => {
    const deployed = ['infra/kubernetes', 'infra/terraform'].flatMap((folder) =>
      readdirSync(join(workspace, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => /\.(ya?ml|tf|env|mjs|example)$/.test(file) && !file.includes('.terraform'))
        .map((file) => join(folder, file)),
    );
    expect(deployed.length).toBeGreaterThan(50);
    expect(deployed.filter((file) => read(file).includes('dev-issuer'))).toEqual([]);
  });
});
