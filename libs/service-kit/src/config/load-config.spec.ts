import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ConfigError, loadConfig, requireBrokerAddress } from './load-config.js';
import {
  brokerVariables,
  consumerVariables,
  databaseVariables,
  orderedVariables,
  port,
  processVariables,
} from './variables.js';

const schema = requireBrokerAddress(
  z.object({ PORT: port(3000), ...processVariables, ...brokerVariables, ...databaseVariables, ...consumerVariables }),
);
const enough = {
  PORT: '3001',
  DATABASE_URL: 'postgres://me:secret@db/orders',
  SERVICEBUS_CONNECTION_STRING: 'Endpoint=sb://localhost;SharedAccessKeyName=k;SharedAccessKey=hidden',
};

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(schema, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('loadConfig', () => {
  it('fills in the defaults', () => {
    expect(loadConfig(schema, enough)).toMatchObject({
      PORT: 3001,
      HOST: '127.0.0.1',
      LOG_LEVEL: 'info',
      QUEUE_NAME: 'orders',
      TOPIC_NAME: 'events',
      SHUTDOWN_TIMEOUT: 25_000,
      DATABASE_POOL_SIZE: 20,
      MAX_CONCURRENCY: 32,
      IMMEDIATE_ATTEMPTS: 3,
    });
  });

  it('reads a list of delays, and refuses one with a wrong value', () => {
    expect(loadConfig(schema, { ...enough, RETRY_DELAYS: '1m, 5m,PT30M' }).RETRY_DELAYS).toEqual([
      60_000, 300_000, 1_800_000,
    ]);
    expect(problemsOf({ ...enough, RETRY_DELAYS: '1m,soon' })).toEqual([
      expect.stringMatching(/^RETRY_DELAYS must be at most 99 durations from 0 ms to 604800000 ms/),
    ]);
  });

  it('lists every problem at once, also the one that is about two variables', () => {
    expect(
      problemsOf({
        PORT: '70000',
        LOG_LEVEL: 'loud',
        DATABASE_POOL_SIZE: '1',
        MAX_ATTEMPTS: 'many',
        RETRY_BASE_DELAY: 'soon',
      }),
    ).toEqual([
      'PORT must be a whole number from 0 to 65535 (HTTP port; 0 takes a free one; example: 3000)',
      expect.stringMatching(/^LOG_LEVEL must be one of fatal, .* \(.*example: debug\)$/),
      expect.stringMatching(/^DATABASE_URL is not set \(The app's own PostgreSQL database.*example: postgres:/),
      expect.stringMatching(/^DATABASE_POOL_SIZE must be a whole number from 2 to 1000/),
      expect.stringMatching(/^MAX_ATTEMPTS must be a whole number from 1 to 100/),
      expect.stringMatching(/^RETRY_BASE_DELAY must be a duration from 0 ms to 604800000 ms/),
      expect.stringMatching(/^Set either SERVICEBUS_CONNECTION_STRING or SERVICEBUS_FULLY_QUALIFIED_NAMESPACE/),
    ]);
  });

  it('never shows a value', () => {
    const shown = problemsOf({ DATABASE_URL: 'mysql://me:secret@db', SERVICEBUS_CONNECTION_STRING: 'Key=secret' });
    expect(shown).toHaveLength(2);
    expect(shown.join()).not.toContain('secret');
  });

  const onRabbitMq = { DATABASE_URL: enough.DATABASE_URL, MESSAGING_TRANSPORT: 'rabbitmq' };

  it('takes the nodes of a RabbitMQ, and looks at no other address then', () => {
    const RABBITMQ_URL = 'amqps://user:hidden@one:5671/shop, amqps://user:hidden@two/shop';
    const found = loadConfig(schema, { ...enough, ...onRabbitMq, RABBITMQ_URL });
    expect(found).toMatchObject({ MESSAGING_TRANSPORT: 'rabbitmq', RABBITMQ_URL });
  });

  it.each(['http://user:hidden@host', 'amqp://', 'user:hidden@host', ','])(
    'refuses %s without showing it',
    (written) => {
      const problems = problemsOf({ ...onRabbitMq, RABBITMQ_URL: written });
      expect(problems).toEqual([expect.stringMatching(/^RABBITMQ_URL must be amqp:\/\/user:password@host/)]);
      expect(problems.join()).not.toContain('hidden');
    },
  );

  it('says what RabbitMQ lacks: its URL, and sessions for messages in order', () => {
    expect(problemsOf(onRabbitMq)).toEqual([expect.stringMatching(/^Set RABBITMQ_URL/)]);
    const ordered = requireBrokerAddress(z.object({ ...brokerVariables, ...orderedVariables }));
    const asked = { MESSAGING_TRANSPORT: 'rabbitmq', RABBITMQ_URL: 'amqp://host', ORDERED: 'true' };
    expect(() => loadConfig(ordered, asked)).toThrow(/ORDERED needs queues with sessions, which RabbitMQ has not/);
    expect(loadConfig(ordered, { ...asked, ORDERED: 'false' }).ORDERED).toBe(false);
    expect(problemsOf({ ...enough, MESSAGING_TRANSPORT: 'kafka' })).toEqual([
      expect.stringMatching(/^MESSAGING_TRANSPORT must be one of azure-service-bus, rabbitmq/),
    ]);
  });

  it('refuses two addresses of the broker', () => {
    expect(problemsOf({ ...enough, SERVICEBUS_FULLY_QUALIFIED_NAMESPACE: 'a.servicebus.windows.net' })).toHaveLength(1);
  });

  it('takes an empty variable as an absent one', () => {
    expect(loadConfig(schema, { ...enough, LOG_LEVEL: '' }).LOG_LEVEL).toBe('info');
  });
});
