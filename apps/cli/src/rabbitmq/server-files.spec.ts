import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { rabbitMqProgram } from './installation.js';
import { serverEnvironment, type ServerPlace, urlOf, writeServerFiles } from './server-files.js';

let place: ServerPlace;

beforeEach(() => {
  const dataDir = join(mkdtempSync(join(tmpdir(), 'orderflow-rabbitmq-')), 'data');
  const ports = { port: 5001, managementPort: 5002, distributionPort: 5003, portMapperPort: 5004 };
  place = { dataDir, host: '127.0.0.1', ...ports };
});

afterEach(() => {
  rmSync(join(place.dataDir, '..'), { recursive: true });
});

it('listens where it is asked to, with a password that is made once and that nobody else can read', () => {
  writeServerFiles(place);
  const [, password = ''] = /^amqp:\/\/orderflow:([0-9a-f]{36})@127\.0\.0\.1:5001$/.exec(urlOf(place)) ?? [];
  expect(password).not.toBe('');
  const config = readFileSync(join(place.dataDir, 'rabbitmq.conf'), 'utf8');
  for (const line of ['listeners.tcp.1 = 127.0.0.1:5001', 'management.tcp.port = 5002', `default_pass = ${password}`]) {
    expect(config.split('\n')).toContain(line);
  }
  for (const file of ['', 'rabbitmq.conf', 'password', 'plugins']) {
    expect([file, statSync(join(place.dataDir, file)).mode & 0o077]).toEqual([file, 0]);
  }
  const before = urlOf(place);
  writeServerFiles(place);
  expect(urlOf(place)).toBe(before);
});

it('is reached on this machine where it listens everywhere', () => {
  writeServerFiles(place);
  expect(urlOf({ ...place, host: '0.0.0.0' })).toMatch(/@127\.0\.0\.1:5001$/);
});

it('keeps apart from other servers of this machine', () => {
  expect(serverEnvironment(place)).toMatchObject({
    HOME: place.dataDir,
    RABBITMQ_MNESIA_BASE: join(place.dataDir, 'mnesia'),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_DIST_PORT: '5003',
    ERL_EPMD_PORT: '5004',
  });
});

it('leaves the data of another server alone', () => {
  mkdirSync(join(place.dataDir, 'mnesia'), { recursive: true });
  expect(() => writeServerFiles(place)).toThrow(/belongs to another RabbitMQ: name a directory of its own with --data/);
});

it('says what to install where there is no RabbitMQ', () => {
  expect(() => rabbitMqProgram([place.dataDir])).toThrow(
    /RabbitMQ is not installed: install it \(.*apt-get install rabbitmq-server.*\), or set RABBITMQ_URL/,
  );
});
