import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readEnvironment } from './environment.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'environment-'));
  mkdirSync(join(root, '.orderflow'));
  mkdirSync(join(root, 'apps/order-api'), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));

const offer = (content: unknown) =>
  writeFileSync(join(root, '.orderflow/runtime.json'), typeof content === 'string' ? content : JSON.stringify(content));
const read = (env = {}, app = 'order-api') => readEnvironment({ app, directory: join(root, 'apps/order-api'), env });

describe('readEnvironment', () => {
  const running = {
    databases: { 'order-api': 'postgres://local/order_api' },
    servicebus: { connectionString: 'Endpoint=sb://localhost' },
    gateway: { url: 'http://127.0.0.1:3004' },
    startedAt: 'now',
  };

  it('takes what is absent from what npm start offers, also further up', () => {
    offer(running);
    expect(read({ PORT: '1' })).toEqual({
      PORT: '1',
      DATABASE_URL: 'postgres://local/order_api',
      SERVICEBUS_CONNECTION_STRING: 'Endpoint=sb://localhost',
      PAYMENT_GATEWAY_URL: 'http://127.0.0.1:3004',
    });
  });

  it('lets the environment win over .env, and that over the runtime file', () => {
    offer(running);
    writeFileSync(join(root, '.env'), 'DATABASE_URL=postgres://dotenv/db\nLOG_LEVEL=debug\n');
    expect(read({ LOG_LEVEL: 'warn', DATABASE_URL: '' })).toMatchObject({
      DATABASE_URL: 'postgres://dotenv/db',
      LOG_LEVEL: 'warn',
    });
  });

  it('gives no app the database of another', () => {
    offer(running);
    expect(read({}, 'billing-worker')).not.toHaveProperty('DATABASE_URL');
  });

  it('does not mix the local broker into a named one', () => {
    offer(running);
    expect(read({ SERVICEBUS_FULLY_QUALIFIED_NAMESPACE: 'a.b' })).not.toHaveProperty('SERVICEBUS_CONNECTION_STRING');
  });

  it('offers the local RabbitMQ, but not to whom another broker is named', () => {
    offer({ ...running, servicebus: undefined, rabbitmq: { url: 'amqp://local' } });
    const local = { MESSAGING_TRANSPORT: 'rabbitmq', RABBITMQ_URL: 'amqp://local' };
    expect(read()).toMatchObject(local);
    expect(read({ MESSAGING_TRANSPORT: 'rabbitmq' })).toMatchObject(local);
    for (const own of [{ SERVICEBUS_CONNECTION_STRING: 'x' }, { MESSAGING_TRANSPORT: 'azure-service-bus' }]) {
      const found = read(own);
      expect(found).toMatchObject(own);
      expect(found).not.toHaveProperty('RABBITMQ_URL');
      expect(found['MESSAGING_TRANSPORT']).not.toBe('rabbitmq');
    }
    expect(read({ MESSAGING_TRANSPORT: 'rabbitmq', RABBITMQ_URL_FILE: '/x' })).not.toHaveProperty('RABBITMQ_URL');
  });

  it('says which file is broken', () => {
    offer('{');
    expect(() => read()).toThrow(/runtime\.json is not what `npm start` writes; remove it/);
  });
});
