// Who uses RabbitMQ in production, and the least that each may do there. Queues and topics are those of
// infra/servicebus/Config.json; `messaging.delay.*` are the exchanges of delayed and scheduled messages, and `amq.default`
// is the way to any queue by its name, which RabbitMQ cannot narrow further.
const toQueues = ['amq\\.default', 'messaging\\.delay\\..+'];

const only = (...patterns) => (patterns.length === 0 ? '^$' : `^(${patterns.join('|')})$`);

/** An app: it makes nothing, receives from its own queues, and publishes. */
const app = (name, { receives, publishes = [] }) => ({
  name,
  tags: '',
  configure: only(),
  write: only(...toQueues, ...publishes),
  read: only(...receives),
});

/** Users with their rights (https://www.rabbitmq.com/docs/access-control): patterns of names of queues and exchanges. */
export const users = [
  app('order-api', { receives: ['order-status', 'lab'] }),
  app('order-worker', { receives: ['orders'], publishes: ['events'] }),
  app('billing-worker', { receives: ['billing'], publishes: ['events'] }),
  app('analytics-worker', { receives: ['analytics'] }),
  // Operates the dead letters of all queues, as order-api's image: it is told of them, hands out, counts and replays them,
  // and makes nothing.
  app('operations', {
    receives: [
      '(orders|billing|analytics)(\\.dead-letters)?',
      'order-status(\\.dead-letters)?',
      'lab',
      'messaging\\.dead-letter-notices',
    ],
  }),
  // People and jobs: `orderflow topology apply`, `orderflow dlq`.
  { name: 'operator', tags: 'management', configure: '.*', write: '.*', read: '.*' },
  // KEDA asks how long queues are, for which being let in is enough.
  { name: 'scaler', tags: '', configure: only(), write: only(), read: only() },
];

/** How many messages wait in a work queue before sends to it are refused and wait in outboxes. */
const longestQueue = 1_000_000;

/**
 * Policies (https://www.rabbitmq.com/docs/parameters#policies) of the virtual host. A queue has the one with the highest
 * priority. Everything that must not differ from the topology is an argument of its queue and in none of them.
 */
export const policies = [
  {
    name: 'queues',
    pattern: '.*',
    'apply-to': 'queues',
    priority: 0,
    definition: { 'queue-leader-locator': 'balanced' },
  },
  {
    name: 'work-queues',
    pattern: '^(orders|billing|analytics|order-status|lab)$',
    'apply-to': 'queues',
    priority: 1,
    definition: { 'queue-leader-locator': 'balanced', 'max-length': longestQueue },
  },
];
