import { duration, secretFile, variable } from '@orderflow/service-kit';
import { z } from 'zod';
import { thresholdsVariable } from './monitor/thresholds.js';

/** A queue, or a subscription of a topic, whose dead letters are operated. */
export interface OpsPlace {
  /** `orders`, or `events/subscriptions/billing`. */
  readonly name: string;
  /** The queue that its letters are replayed to: itself, or the one that the subscription forwards to. */
  readonly target: string;
}

const queueName = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,259}$/;

const places = z.string().transform((text, context): readonly OpsPlace[] => {
  const entries = entriesOf(text);
  const found = entries.map((entry) => placeOf(entry));
  const names = found.map((place) => place?.name);
  found.forEach((place, n) => {
    const problem = place === undefined ? placeProblem : names.indexOf(place.name) < n ? 'names a place again' : '';
    if (problem !== '') context.addIssue({ code: 'custom', message: `entry ${n + 1} ${problem}` });
  });
  if (entries.length === 0) context.addIssue({ code: 'custom', message: 'must name a queue at least' });
  return found.filter((place) => place !== undefined);
});

const placeProblem =
  'must be a queue, or topic/subscriptions/name=queue or queue/$transfer=queue with the queue that its messages are for';

function placeOf(entry: string): OpsPlace | undefined {
  const [name = '', target, ...more] = entry.split('=');
  const source = name.replace(/\/\$transfer$/, '');
  const isForwarding = source !== name || /^[^/]+(\/[^/]+)*\/subscriptions\/[^/]+$/.test(name);
  if (more.length > 0 || !queueName.test(source) || isForwarding !== (target !== undefined)) return undefined;
  if (target !== undefined && !queueName.test(target)) return undefined;
  return { name, target: target ?? name };
}

function entriesOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

const workers = z.string().transform((text, context): ReadonlyMap<string, string> => {
  const found = entriesOf(text).map((entry) => /^([^=]+)=(https?:\/\/[^=]+)$/.exec(entry));
  found.forEach((entry, n) => {
    if (entry && URL.canParse(entry[2] ?? '')) return;
    context.addIssue({
      code: 'custom',
      message: `entry ${n + 1} must be a queue and the URL of its consumer: orders=http://…`,
    });
  });
  return new Map(found.map((entry) => [entry?.[1] ?? '', (entry?.[2] ?? '').replace(/\/$/, '')]));
});

/** The variables of the ops module. */
export const opsVariables = {
  OPS: variable(
    z
      .enum(['true', 'false'], 'must be true or false')
      .transform((written) => written === 'true')
      .prefault('false'),
    { description: '`true`: serves `/ops` as well, and does the work behind it', example: 'true' },
  ),
  OPS_QUEUES: variable(places.optional(), {
    description:
      'Whose dead letters are operated, separated by commas: queues, and subscriptions with the queue each forwards to. All of this system when absent, where `ORDERED` is `true` also those with sessions',
    example: 'orders,events/subscriptions/billing=billing',
  }),
  OPS_WORKERS: variable(workers.prefault(''), {
    description:
      'Where the consumers of queues answer, by queue, separated by commas: without, no replay is confirmed, no queue paused and no outbox shown. Where `ORDERED` is `true`, who consumes `orders` consumes `orders-ordered` too',
    example: 'orders=http://order-worker:3001,billing=http://billing-worker:3002',
  }),
  OPS_LEASE: variable(duration(300, 600_000).prefault('15s'), {
    description: 'How long the replica that leads may be silent before another one leads',
    example: '15s',
  }),
  OPS_INDEX_INTERVAL: variable(duration(50, 600_000).prefault('5s'), {
    description: 'From one look at the dead letters of all queues to the next',
    example: '5s',
  }),
  OPS_MONITOR_INTERVAL: variable(duration(50, 3_600_000).prefault('5m'), {
    description: 'From one comparison of queues and their consumers with the thresholds to the next',
    example: '1m',
  }),
  OPS_THRESHOLDS: variable(thresholdsVariable.prefault('{}'), {
    description: 'JSON: above which values of which queues somebody is told, `*` for every queue, null for never',
    example: '{"*":{"backlog":500},"orders":{"deadLetters":10}}',
  }),
  OPS_ALERT_WEBHOOK_URL: variable(
    z.url({ protocol: /^https?$/, error: 'must be a URL that starts with https:// or http://' }).optional(),
    {
      description: 'Where alerts are told, besides the log; needs `OPS_ALERT_WEBHOOK_SECRET`',
      example: 'https://alerts.example.com/orderflow',
      secret: true,
    },
  ),
  OPS_ALERT_WEBHOOK_URL_FILE: secretFile('OPS_ALERT_WEBHOOK_URL', 'start'),
  OPS_ALERT_WEBHOOK_SECRET: variable(
    z
      .string()
      .regex(/^(whsec_)?[A-Za-z0-9+/]{32,88}={0,2}$/, 'must be 24 to 64 bytes in Base64: openssl rand -base64 32')
      .optional(),
    { description: 'Signs what the webhook is told (HMAC-SHA256)', example: '…', secret: true },
  ),
  OPS_ALERT_WEBHOOK_SECRET_FILE: secretFile('OPS_ALERT_WEBHOOK_SECRET', 'notice'),
  OPS_EXPORT_KEY: variable(
    z
      .string()
      .regex(/^[A-Za-z0-9+/]{43}=$/, 'must be 32 bytes in Base64: openssl rand -base64 32')
      .optional(),
    {
      description:
        'Encrypts the copies of what is discarded, exported or edited; without, none of that can be done through `/ops`',
      example: '…',
      secret: true,
    },
  ),
  OPS_EXPORT_KEY_FILE: variable(z.string().min(1).optional(), {
    description: 'A file that holds `OPS_EXPORT_KEY`, instead of it; read at the start',
    example: '/run/secrets/ops-export-key',
  }),
  AUTH_TOKEN_URL: variable(z.url().optional(), {
    description: "The issuer's token endpoint, where workers ask for tokens: how order-api calls their `/ops` routes",
    example: 'https://login.example.com/token',
  }),
  AUTH_CLIENT_ID: variable(z.string().min(1).optional(), {
    description: 'With `AUTH_TOKEN_URL`: who asks',
    example: 'orderflow-ops',
  }),
  AUTH_CLIENT_SECRET: variable(z.string().min(1).optional(), {
    description: 'With `AUTH_TOKEN_URL`: its secret',
    example: '…',
    secret: true,
  }),
  AUTH_CLIENT_SECRET_FILE: secretFile('AUTH_CLIENT_SECRET', 'token'),
  AUTH_SCOPE: variable(z.string().min(1).optional(), {
    description: 'What is asked for; without `AUTH_TOKEN_URL` the identity of the process asks',
    example: 'api://orderflow/.default',
  }),
};

/** Adds the rule that a webhook has its secret, and a secret its webhook; for schemas with {@link opsVariables}. */
export function requireWebhookSecret<S extends z.ZodObject>(schema: S): S {
  return schema.superRefine(
    (env, context) => {
      const wrong = new Set(context.issues.map(({ path }) => path?.[0]));
      const names = ['OPS_ALERT_WEBHOOK_URL', 'OPS_ALERT_WEBHOOK_SECRET'];
      if (names.some((name) => wrong.has(name))) return;
      const given = names.filter((name) => env[name] !== undefined);
      if (given.length !== 1) return;
      context.addIssue({
        code: 'custom',
        message: `Set ${names.join(' and ')}, or neither: there is ${given[0]} alone.`,
      });
    },
    { when: () => true },
  ) as S;
}

/** What the ops module is configured with: its own variables, and some of its service's. */
export interface OpsConfig extends z.output<z.ZodObject<typeof opsVariables>> {
  readonly SERVICEBUS_CONNECTION_STRING?: string | undefined;
  readonly SERVICEBUS_FULLY_QUALIFIED_NAMESPACE?: string | undefined;
  readonly SERVICE_VERSION?: string | undefined;
  readonly DEFAULT_CURRENCY: string;
  readonly ORDERED?: boolean | undefined;
}
