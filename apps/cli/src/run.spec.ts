import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { orderflow } from '../test/command-line.js';
import { Scripts } from '../test/scripts.js';

let scripts: Scripts;

beforeEach(() => {
  scripts = new Scripts();
});

afterEach(() => scripts.remove());

const nothingSet = { SERVICEBUS_CONNECTION_STRING: '', DATABASE_URL: '', MIGRATIONS_DIR: '', ORDER_API_URL: '' };
const run = (args: readonly string[], environment = {}) =>
  orderflow(scripts.directory, { ...nothingSet, ...environment }, ...args);

describe('the command line', () => {
  it.each([
    [['produce', '--orders', 'ten'], 'It must be a whole number from 0 to 10000000.'],
    [['produce', '--rate', '0'], 'It must be a number above 0.'],
    [['produce', '--orders', '0', '--events', '0'], 'Nothing to send'],
    [['produce', '--legacy', '--via-api'], "cannot be used with option '--via-api'"],
    [['produce', '--order', '1'], "unknown option '--order'"],
    [['dlq', 'list'], "missing required argument 'queue'"],
    [['dlq', 'replay', 'orders', '--max', '0'], 'It must be a whole number from 1'],
    [['dlq', 'replay', 'orders', '--older-than', '5'], 'It must be a number with a unit: 90s, 15m, 2h or 7d.'],
    [['dlq', 'discard', 'orders'], 'Say which dead letters to discard'],
    [['migrate'], 'Say which app to migrate, or --all.'],
    [['migrate', 'order-api', '--all'], 'Say which app to migrate, or --all.'],
    [['migrate', 'payment-gateway'], 'payment-gateway has no database'],
    [['fly'], "unknown command 'fly'"],
  ])('orderflow %j ends with 2 and says why', async (args, message) => {
    const { code, errors } = await run(args);
    expect({ code, errors }).toEqual({ code: 2, errors: expect.stringContaining(message) });
  });

  it.each([
    [['produce'], 'There is no broker: start the system with npm start, or set SERVICEBUS_CONNECTION_STRING.'],
    [
      ['dlq', 'list', 'orders'],
      'There is no broker: start the system with npm start, or set SERVICEBUS_CONNECTION_STRING.',
    ],
    [['dlq', 'replay', 'events/subscriptions/nobody'], 'does not say where events/subscriptions/nobody forwards to'],
    [['migrate', 'order-api'], 'No database for order-api: set DATABASE_URL, or start the system with npm start.'],
    [['up'], 'The apps are not here: run it in a checkout, with npm start.'],
    [['broker', '--topology', '/nowhere.json'], 'Cannot read the topology: ENOENT: no such file or directory, open '],
    [['tail', 'order-worker'], 'There is no log of order-worker'],
    [['tail', '../secret'], 'There is no log of ../secret'],
  ])('orderflow %j ends with 1 and one line while nothing runs', async (args, message) => {
    const { code, errors } = await run(args);
    expect({ code, errors }).toEqual({ code: 1, errors: expect.stringContaining(message) });
    expect(errors).toMatch(/^orderflow: .*\n$/);
  });

  it('says everything that is wrong with who may call the broker', async () => {
    const topology = join(scripts.directory, 'Config.json');
    writeFileSync(topology, '{ "UserConfig": { "Namespaces": [{ "Name": "local" }] } }');
    const args = ['broker', '--topology', topology, '--allow-host', 'a/b', '--allow-host', '*', '--allow-origin', 'c'];
    const { code, errors } = await run(args, { ALLOWED_HOSTS: 'd.example, http://e' });
    expect(code).toBe(2);
    for (const entry of ['"a/b" has a path', '"*" is a pattern', '"c" is no origin', '"http://e" has a scheme']) {
      expect(errors).toContain(entry);
    }
    expect(errors).not.toContain('d.example');
  });

  it('says where it looked for order-api', async () => {
    const { code, errors } = await run(['orders', 'list'], { ORDER_API_URL: 'http://127.0.0.1:1' });
    expect(code).toBe(1);
    expect(errors).toContain(
      'order-api does not answer at http://127.0.0.1:1: start it with npm start, or set ORDER_API_URL.',
    );
  });

  it('says where it looked for migrations', async () => {
    const environment = {
      DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/none',
      MIGRATIONS_DIR: scripts.path('nowhere'),
    };
    const { code, errors } = await run(['migrate', 'order-api'], environment);
    expect(code).toBe(1);
    expect(errors).toContain(`No migrations of order-api in ${scripts.path('nowhere/order-api')}`);
  });

  it('reads the database from a file, and says what is wrong with that', async () => {
    const file = scripts.path('database-url');
    writeFileSync(file, 'postgres://me:secret@127.0.0.1:1/none\n');
    const environment = { DATABASE_URL_FILE: file, MIGRATIONS_DIR: scripts.path('nowhere') };
    const found = await run(['migrate', 'order-api'], environment);
    expect(found).toMatchObject({ code: 1, errors: expect.stringContaining('No migrations of order-api in') });
    const all = await run(['migrate', '--all'], environment);
    expect(all).toMatchObject({ code: 2, errors: expect.stringContaining('is one database') });
    const both = await run(['migrate', 'order-api'], { ...environment, DATABASE_URL: 'postgres://other/none' });
    expect(both).toMatchObject({
      code: 2,
      errors: expect.stringContaining('DATABASE_URL_FILE and DATABASE_URL are both set: choose one.'),
    });
    const missing = await run(['migrate', 'order-api'], { DATABASE_URL_FILE: scripts.path('nothing') });
    expect(missing).toMatchObject({ code: 2, errors: expect.stringMatching(/nothing cannot be read \(ENOENT\)/) });
    for (const { errors } of [found, all, both, missing]) expect(errors).not.toContain('secret@');
  });

  it('shows help with examples and ends with 0', async () => {
    const { code, output } = await run(['produce', '--help']);
    expect(code).toBe(0);
    expect(output).toContain('Examples:');
  });

  it('reads variables from a file .env, and lets the environment win', async () => {
    writeFileSync(scripts.path('.env'), 'ORDER_API_URL=http://127.0.0.1:2\n');
    const { errors } = await orderflow(scripts.directory, {}, 'orders', 'list');
    expect(errors).toContain('http://127.0.0.1:2');
    const other = await orderflow(scripts.directory, { ORDER_API_URL: 'http://127.0.0.1:1' }, 'orders', 'list');
    expect(other.errors).toContain('http://127.0.0.1:1');
  });
});
