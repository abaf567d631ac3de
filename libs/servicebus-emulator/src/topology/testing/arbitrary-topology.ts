import fc from 'fast-check';
import type { AuthorizationRule } from '../../entities/authorization-rule.js';
import {
  DEFAULT_QUEUE_OPTIONS,
  DEFAULT_SUBSCRIPTION_OPTIONS,
  DEFAULT_TOPIC_OPTIONS,
  LIMITS,
} from '../../entities/options.js';
import { DEFAULT_RULE, type FilterValue, Timespan } from '../../rules/index.js';
import type { Topology } from '../topology.js';

const name = fc.stringMatching(/^[a-z]([a-z0-9._-]{0,10}[a-z0-9])?$/);
const unique = <T>(item: fc.Arbitrary<T>, nameOf: (item: T) => string, maxLength: number) =>
  fc.uniqueArray(item, { selector: (one) => nameOf(one).toLowerCase(), maxLength });

const within = (limits: readonly [number, number]) => fc.integer({ min: limits[0], max: limits[1] });
const status = fc.constantFrom('Active', 'Disabled', 'SendDisabled', 'ReceiveDisabled');

/** Some of the defaults replaced. */
function options<T extends object>(defaults: T): fc.Arbitrary<T> {
  const fields: Record<string, fc.Arbitrary<unknown>> = {
    userMetadata: fc.string({ maxLength: 20 }),
    status,
    enableBatchedOperations: fc.boolean(),
    enablePartitioning: fc.boolean(),
    requiresDuplicateDetection: fc.boolean(),
    deadLetteringOnMessageExpiration: fc.boolean(),
    deadLetteringOnFilterEvaluationExceptions: fc.boolean(),
    requiresSession: fc.boolean(),
    supportOrdering: fc.boolean(),
    ...Object.fromEntries(Object.entries(LIMITS).map(([field, limits]) => [field, within(limits)])),
  };
  const own = Object.fromEntries(Object.entries(fields).filter(([field]) => field in defaults));
  return fc.record(own, { requiredKeys: [] }).map((changed) => ({ ...defaults, ...changed }));
}

const value: fc.Arbitrary<FilterValue> = fc.oneof(
  fc.string(),
  fc.boolean(),
  fc.constant(null),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double(),
  fc.date({ noInvalidDate: true }),
  fc.integer().map((ms) => new Timespan(ms)),
);
const values = fc.dictionary(fc.string({ minLength: 1 }), value, { noNullPrototype: true });
const action = fc.constantFrom(
  { expression: "SET sys.Label = 'x'" },
  { expression: 'REMOVE a', parameters: { b: 1n } },
);
const filter = fc.oneof(
  fc.record({ kind: fc.constantFrom('true' as const, 'false' as const) }),
  fc.record(
    {
      kind: fc.constant('sql' as const),
      expression: fc.constantFrom('1 = 1', "sys.Label LIKE 'a%'"),
      parameters: values,
    },
    { requiredKeys: ['kind', 'expression'] },
  ),
  fc.record(
    { kind: fc.constant('correlation' as const), subject: fc.string(), to: fc.string(), properties: values },
    { requiredKeys: ['kind'] },
  ),
);
const rule = fc.record({ name, filter, action }, { requiredKeys: ['name', 'filter'] });
const rules = fc.oneof(
  fc.constant([DEFAULT_RULE]),
  unique(rule, (one) => one.name, 3),
);

const authorizationRules = unique<AuthorizationRule>(
  fc.record({
    keyName: fc.string({ minLength: 1 }),
    primaryKey: fc.base64String({ minLength: 4 }),
    secondaryKey: fc.option(fc.base64String({ minLength: 4 }), { nil: undefined }),
    rights: fc.constantFrom<AuthorizationRule['rights']>(['Send'], ['Listen'], ['Send', 'Listen', 'Manage']),
  }),
  (one) => one.keyName,
  2,
);

const subscription = fc.record({ name, options: options(DEFAULT_SUBSCRIPTION_OPTIONS), rules });

/** Any topology without forwarding. */
export const anyTopology: fc.Arbitrary<Topology> = fc.record({
  namespace: name,
  authorizationRules,
  queues: unique(
    fc.record({ name: name.map((text) => `q-${text}`), options: options(DEFAULT_QUEUE_OPTIONS), authorizationRules }),
    (one) => one.name,
    4,
  ),
  topics: unique(
    fc.record({
      name: name.map((text) => `t-${text}`),
      options: options(DEFAULT_TOPIC_OPTIONS),
      authorizationRules,
      subscriptions: unique(subscription, (one) => one.name, 3),
    }),
    (one) => one.name,
    3,
  ),
});
