import { problemsOfHosts, problemsOfOrigins, splitList } from '@orderflow/http-guard';
import { z } from 'zod';
import { rabbitMqUrls, transports } from './broker-address.js';
import { duration, durations } from './duration.js';
import { allowList, count, secretFile, time, url, variable, wholeNumber } from './variable.js';

/** What the transport reads more closely, and refuses with a reason. */
function isRabbitMqUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^amqps?:$/.test(url.protocol) && url.hostname !== '';
}

const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const entityName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,259}$/, 'must be the name of a queue or topic');

const trueOrFalse = z.enum(['true', 'false'], 'must be true or false').transform((written) => written === 'true');

/** The port a service takes for HTTP, `usual` by default. */
export function port(usual: number) {
  return variable(wholeNumber(0, 65_535).prefault(String(usual)), {
    description: 'HTTP port; 0 takes a free one',
    example: String(usual),
  });
}

/** Where the process listens beside its port, and how it logs and stops. */
export const processVariables = {
  HOST: variable(z.string().min(1).default('127.0.0.1'), {
    description: 'Address to listen on; 0.0.0.0 in a container',
    example: '0.0.0.0',
  }),
  ALLOWED_HOSTS: variable(allowList(problemsOfHosts).optional(), {
    description:
      'Host names that requests may name, separated by commas, besides `localhost`, `127.0.0.1`, `[::1]`, `HOST` and the address a connection arrives on',
    example: 'orders.example.com,order-api',
  }),
  ALLOWED_ORIGINS: variable(allowList(problemsOfOrigins).optional(), {
    description: 'Origins of other web sites whose pages may send requests, separated by commas',
    example: 'https://shop.example.com',
  }),
  LOG_LEVEL: variable(z.enum(levels, `must be one of ${levels.join(', ')}`).default('info'), {
    description: 'The least important level that is logged',
    example: 'debug',
  }),
  SHUTDOWN_TIMEOUT: time(
    { usual: '25s', min: 1, max: 600_000 },
    'How long a stopping process may finish what is in flight; keep it below what the platform grants',
  ),
  REQUEST_TIMEOUT: time(
    { usual: '30s', min: 100, max: 300_000 },
    'How long a request may take to arrive before its connection is closed, at most a second later',
  ),
  METRICS_PORT: variable(wholeNumber(0, 65_535).optional(), {
    description:
      'Port of `/metrics` alone, for a port that the edge does not publish; beside everything else on `PORT` when absent',
    example: '9464',
  }),
};

const signatures = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const;
export const usualSignatures: readonly string[] = Object.freeze(['RS256', 'PS256', 'ES256']);

/** Whose tokens a service takes, and how often it may be asked. Without an issuer it answers on loopback addresses only. */
export const accessVariables = {
  NODE_ENV: variable(z.string().optional(), {
    description: '`production`: no start without `AUTH_ISSUER`',
    example: 'production',
  }),
  AUTH_ISSUER: variable(url(['https:', 'http:']).optional(), {
    description:
      'Who makes the access tokens that requests need, as their claim `iss` has it; without it anybody is answered, and only on a loopback address',
    example: 'https://login.example.com/realms/shop',
  }),
  AUTH_AUDIENCE: variable(z.string().min(1).max(500).optional(), {
    description: 'For whom tokens have to be made: their claim `aud`',
    example: 'api://orderflow',
  }),
  AUTH_JWKS_URL: variable(url(['https:', 'http:']).optional(), {
    description: "Where the issuer's public keys are; found by its `/.well-known/openid-configuration` when absent",
    example: 'https://login.example.com/keys',
  }),
  AUTH_ALGORITHMS: variable(
    z
      .string()
      .default(usualSignatures.join(','))
      .transform(splitList)
      .refine(
        (names) => names.length > 0 && names.every((name) => (signatures as readonly string[]).includes(name)),
        `must be some of ${signatures.join(', ')}, separated by commas`,
      ),
    { description: 'The signature algorithms that are taken', example: 'RS256,ES256' },
  ),
  AUTH_CUSTOMER_CLAIM: variable(z.string().min(1).max(200).default('customer_id'), {
    description: "The claim that makes a token a customer's: it may act for that customer only",
    example: 'customer_id',
  }),
  AUTH_LEEWAY: time(
    { usual: '30s', min: 0, max: 300_000 },
    "How far the issuer's clock may be from ours when a token begins or ends",
  ),
  RATE_LIMIT: count(
    { usual: 6000, min: 0, max: 10_000_000 },
    'Requests a minute that one client may make of one replica, where tokens are asked for; 0 for any number',
  ),
};

/** Where the broker is and what its entities are called. Use with {@link requireBrokerAddress}. */
export const brokerVariables = {
  MESSAGING_TRANSPORT: variable(
    z.enum(transports, `must be one of ${transports.join(', ')}`).default('azure-service-bus'),
    {
      description: 'Which kind of broker carries the messages; it decides which of the addresses counts',
      example: 'rabbitmq',
    },
  ),
  SERVICEBUS_CONNECTION_STRING: variable(
    z
      .string()
      .regex(/(^|;)\s*Endpoint=sb:\/\/[^;]+/i, 'must be a connection string that contains Endpoint=sb://…')
      .optional(),
    {
      description: 'Service Bus with a key; locally found in `.orderflow/runtime.json`',
      example: 'Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=…',
      secret: true,
    },
  ),
  SERVICEBUS_CONNECTION_STRING_FILE: secretFile('SERVICEBUS_CONNECTION_STRING', 'client'),
  SERVICEBUS_FULLY_QUALIFIED_NAMESPACE: variable(
    z
      .string()
      .regex(/^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/, 'must be a host name')
      .optional(),
    {
      description: 'Service Bus with the identity of the process (`DefaultAzureCredential`), instead of a key',
      example: 'orders.servicebus.windows.net',
    },
  ),
  RABBITMQ_URL: variable(
    z
      .string()
      .refine((written) => rabbitMqUrls(written).length > 0 && rabbitMqUrls(written).every(isRabbitMqUrl), {
        message: 'must be amqp://user:password@host:port/vhost or amqps://…, of several nodes separated by commas',
      })
      .optional(),
    {
      description: 'RabbitMQ, each node of a cluster; locally found in `.orderflow/runtime.json`',
      example: 'amqps://user:password@host:5671/orderflow',
      secret: true,
    },
  ),
  RABBITMQ_URL_FILE: secretFile('RABBITMQ_URL', 'connection'),
  RABBITMQ_CA_FILE: variable(z.string().min(1).optional(), {
    description: "PEM file of who signed RabbitMQ's certificate; the well-known authorities when absent",
    example: '/run/secrets/rabbitmq-ca.pem',
  }),
  RABBITMQ_CERTIFICATE_FILE: variable(z.string().min(1).optional(), {
    description: 'PEM file of our own certificate, for a RabbitMQ that asks for one; with `RABBITMQ_KEY_FILE`',
    example: '/run/secrets/rabbitmq-cert.pem',
  }),
  RABBITMQ_KEY_FILE: variable(z.string().min(1).optional(), {
    description: 'PEM file of the key of that certificate',
    example: '/run/secrets/rabbitmq-key.pem',
  }),
  BROKER_TOPOLOGY: variable(z.string().min(1).optional(), {
    description:
      'File of the queues and topics that RabbitMQ has to have; `infra/servicebus/Config.json` in the working directory or above it when absent',
    example: '/app/infra/servicebus/Config.json',
  }),
  QUEUE_NAME: variable(entityName.default('orders'), { description: 'Queue of commands to orders', example: 'orders' }),
  TOPIC_NAME: variable(entityName.default('events'), { description: 'Topic of all events', example: 'events' }),
};

export const databaseVariables = {
  DATABASE_URL: variable(url(['postgres:', 'postgresql:']), {
    description: "The app's own PostgreSQL database; locally found in `.orderflow/runtime.json`",
    example: 'postgres://user:password@host:5432/order_api',
    secret: true,
  }),
  DATABASE_URL_FILE: secretFile('DATABASE_URL', 'connection'),
  DATABASE_POOL_SIZE: count(
    { usual: 20, min: 2, max: 1_000 },
    'Database connections of one replica at most, besides one that listens for its outbox',
  ),
  DATABASE_MAX_WAITING: count(
    { usual: 500, min: 0, max: 100_000 },
    'HTTP requests of one replica that may wait for a database connection (for 5 s at most); one more is answered 503 at once',
  ),
  DATABASE_PREPARE: variable(trueOrFalse.prefault('true'), {
    description:
      '`false`: statements are not prepared, for a pooler that gives each transaction another connection and cannot keep them',
    example: 'false',
  }),
  OUTBOX_LINGER_MAX: time(
    { usual: '150ms', min: 0, max: 1_000 },
    'How long a message may wait for others to be sent with it, at most, when many are committed; 0 for not at all',
  ),
};

/** How a worker consumes; the retry policy of the messaging library. Use with {@link requireRetryPolicy}. */
export const consumerVariables = {
  SERVICE_VERSION: variable(
    z
      .string()
      .regex(/^[\x21-\x7e]{1,100}$/, 'must be 1 to 100 characters of ASCII without spaces')
      .optional(),
    {
      description: 'Which release this is: its dead letters say so (`consumer-version`)',
      example: '2026.11.27-3f9c2d1',
    },
  ),
  MAX_CONCURRENCY: count({ usual: 32, min: 1, max: 1_000 }, 'Messages handled at a time'),
  PAUSE_AFTER_MESSAGES: count(
    { usual: 5, min: 1, max: 1_000 },
    'Different messages in a row that fail because something is away, before the queue is paused',
  ),
  PROBE_MAX_INTERVAL: time(
    { usual: 'PT30S', min: 1_000, max: 600_000 },
    'The longest time between two looks whether it is back; the first comes after a second',
  ),
  CIRCUIT_FAILURES: count(
    { usual: 5, min: 1, max: 1_000 },
    'Failures in a row of one message type after which its messages run one at a time for a while',
  ),
  CIRCUIT_OPEN_TIME: time({ usual: 'PT30S', min: 1, max: 600_000 }, 'How long that while is'),
  IMMEDIATE_ATTEMPTS: count({ usual: 3, min: 1, max: 10 }, 'Tries within one delivery, before the failure counts'),
  RETRY_DELAYS: variable(durations(99, 0, 604_800_000).optional(), {
    description:
      'Delays before the second delivery and each further one, before jitter; 1m,5m,30m when no delay is set',
    example: '1m,5m,30m',
  }),
  MAX_ATTEMPTS: variable(wholeNumber(1, 100).optional(), {
    description: 'Deliveries before a message is dead-lettered, with delays that double; not with `RETRY_DELAYS`',
    example: '8',
  }),
  RETRY_BASE_DELAY: variable(duration(0, 604_800_000).optional(), {
    description: 'Delay before the second delivery, doubled for each further one; not with `RETRY_DELAYS`',
    example: 'PT1S',
  }),
  RETRY_MAX_DELAY: variable(duration(0, 604_800_000).optional(), {
    description: 'The longest delay between two deliveries, jitter included; not with `RETRY_DELAYS`',
    example: 'PT5M',
  }),
  QUEUE_LOCK_DURATION: time(
    { usual: '1m', min: 5_000, max: 300_000 },
    "How long a lock of the app's queue lasts, as the queue was declared: an app may not ask the broker",
  ),
  QUEUE_TIME_TO_LIVE: variable(duration(1, 315_360_000_000).optional(), {
    description: "How long the app's queue keeps a message, as the queue was declared; for good when absent",
    example: '336h',
  }),
  QUEUE_MAX_DELIVERY_COUNT: count(
    { usual: 20, min: 1, max: 2_000 },
    "After how many deliveries of one copy the app's queue dead-letters it, as the queue was declared",
  ),
};

/** Of services whose queue has a sibling with sessions. */
export const orderedVariables = {
  ORDERED: variable(trueOrFalse.prefault('false'), {
    description:
      '`true`: the messages of one order in order, from queues with sessions (`orders-ordered` for `orders`)',
    example: 'true',
  }),
  MAX_CONCURRENT_SESSIONS: variable(wholeNumber(1, 1_000).prefault('10'), {
    description: 'Orders handled at a time where `ORDERED` is `true`, `MAX_CONCURRENCY` at most',
    example: '10',
  }),
};

/** The queue with sessions beside `queue`: whether a queue has them cannot be changed, so it has another name. */
export function orderedQueue(queue: string): string {
  return `${queue}-ordered`;
}

export const paymentGatewayVariables = {
  PAYMENT_GATEWAY_URL: variable(url(['http:', 'https:']), {
    description: 'billing-worker charges here; locally found in `.orderflow/runtime.json`',
    example: 'https://payments.example.com',
  }),
};

export const labVariables = {
  LAB_QUEUE_NAME: variable(entityName.default('lab'), { description: "order-api's messaging lab", example: 'lab' }),
};

export const currencyVariables = {
  DEFAULT_CURRENCY: variable(
    z
      .string()
      .regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code in capital letters')
      .default('EUR'),
    { description: 'Currency of messages of version 0, which name none', example: 'EUR' },
  ),
};
