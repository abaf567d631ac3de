import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { requireOrExplain } from '../prometheus/tests/requirement.ts';
import { problemsOf, withinEmulatorLimits } from './emulator-config.mjs';

const workspace = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(workspace, path), 'utf8');

interface Service {
  readonly image: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
}

const { services } = parse(read('docker-compose.yml'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
};

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
  it('names an exact version of every image that is not built here', () => {
    const foreign = Object.values(services)
      .map(({ image }) => image)
      .filter((image) => !image.startsWith('orderflow/'));
    for (const image of foreign) expect(image).toMatch(/:-?[^:]*:v?\d|:v?\d/);
    expect(foreign.filter((image) => /:latest/.test(image))).toEqual([]);
  });

  it('mounts only files that exist', () => {
    const files = Object.values(services).flatMap(({ volumes = [] }) =>
      volumes.filter((volume) => volume.startsWith('./')).map((volume) => volume.slice(2).split(':')[0] as string),
    );
    expect(files.length).toBeGreaterThan(5);
    for (const file of files) expect(read(file).length).toBeGreaterThan(0);
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
    expect(called).toEqual(new Set(['broker', 'payment-gateway']));
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
      .map(([name, { environment }]) => [name, environment?.['PORT']]);
    expect(asked).toEqual(served);
  });

  const promtool = requireOrExplain(
    'promtool (Debian package prometheus)',
    spawnSync('promtool', ['--version']).status === 0 ? 'promtool' : undefined,
    'the scrape configuration of the containers was not checked',
  );

  (promtool ? it : it.skip)('is accepted by promtool, with the alert rules', () => {
    const directory = mkdtempSync(join(tmpdir(), 'orderflow-prometheus-'));
    cpSync(join(workspace, 'infra/compose/prometheus.yml'), join(directory, 'prometheus.yml'));
    cpSync(join(workspace, 'infra/prometheus/rules.yml'), join(directory, 'rules.yml'));
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'config', 'prometheus.yml'], {
      cwd: directory,
      encoding: 'utf8',
    });
    rmSync(directory, { recursive: true });
    expect({ status, output: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, output: '' });
  });
});
