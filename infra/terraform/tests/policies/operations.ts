import type { Plan } from '../environment-plan.ts';
import {
  containerApps,
  containerOf,
  first,
  list,
  ofType,
  type Policies,
  type Policy,
  template,
  text,
  type Values,
  variableOf,
  when,
  workloadOf,
} from './planned.ts';

const operationsOf = (plan: Plan): Values | undefined =>
  containerApps(plan).find(({ name }) => text(name) === 'operations');

/** Whoever may order gets no way to the dead letters of everybody, whatever his token says. */
const nothingPublicOperates: Policy = (plan) =>
  containerApps(plan)
    .filter((app) => first(app['ingress'])['external_enabled'] === true)
    .flatMap((app) =>
      when(variableOf(app, 'OPS') !== 'false', `${text(app['name'])} is public and serves /ops: OPS has to be false`),
    );

const productionIsOperated: Policy = (plan, environment) =>
  when(environment === 'prod' && operationsOf(plan) === undefined, 'nothing operates the dead letters of production');

/** Each does its part only when it is told all of this. */
const operationsAreWhole: Policy = (plan) => {
  const app = operationsOf(plan);
  if (!app) return [];
  const secrets = list(containerOf(app)['env']).filter(({ secret_name }) => text(secret_name ?? '') !== '');
  const queues = namesIn(variableOf(app, 'OPS_QUEUES'));
  const consumers = namesIn(variableOf(app, 'OPS_WORKERS'));
  const made = ofType(plan, 'azurerm_servicebus_queue')
    .map(({ name }) => text(name))
    .filter((name) => name !== 'lab');
  const subscriptions = ofType(plan, 'azurerm_servicebus_subscription').map(({ name }) => text(name));
  return [
    ...when(variableOf(app, 'OPS') !== 'true', 'operations serves no /ops'),
    ...when(
      !secrets.some(({ name }) => name === 'OPS_EXPORT_KEY'),
      'operations has no key for the copies of what it discards',
    ),
    ...when(!variableOf(app, 'AUTH_SCOPE'), 'operations asks the workers without a token'),
    ...made.filter((queue) => !queues.includes(queue)).map((queue) => `nobody operates the dead letters of ${queue}`),
    ...subscriptions
      .filter((name) => !queues.some((queue) => queue.endsWith(`/subscriptions/${name}`)))
      .map((name) => `nobody operates the dead letters of the subscription ${name}`),
    // order-status is its own.
    ...made
      .filter((queue) => !queue.startsWith('order-status') && !consumers.includes(queue))
      .map((queue) => `operations does not know who consumes ${queue}: no replay is confirmed`),
  ];
};

const namesIn = (entries = ''): readonly string[] =>
  entries.split(',').map((entry) => entry.slice(0, entry.includes('=') ? entry.indexOf('=') : undefined));

/** One leads; when it is killed the other one goes on. More of them would only wait. */
const operationsAreTakenOver: Policy = (plan) => {
  const app = operationsOf(plan);
  if (!app) return [];
  const { min_replicas: least, max_replicas: most } = template(app);
  return [
    ...when(!(Number(least) >= 2), `operations runs ${text(least)} times: nobody takes over`),
    ...when(least !== most, 'operations is scaled, though only one of its replicas works'),
  ];
};

const EXPECTED = ['Azure Service Bus Data Owner', 'Key Vault Secrets User of ops-export-key'];

/** Who manages the namespace does nothing else: no queue of its own, no secret of others. */
const operationsHaveTheirRights: Policy = (plan) => {
  if (!operationsOf(plan)) return [];
  const granted = ofType(plan, 'azurerm_role_assignment')
    .filter(({ principal_id }) => workloadOf(principal_id) === 'operations')
    .map(({ role_definition_name: role, scope }) => {
      const [, secret] = /\/secrets\/([\w-]+)$/.exec(text(scope)) ?? [];
      return secret === undefined ? text(role) : `${text(role)} of ${secret}`;
    })
    .filter((right) => right !== 'AcrPull' && !right.endsWith(' of otel-exporter-otlp-headers'))
    // Where a webhook is told of alerts.
    .filter((right) => !/ of ops-alert-webhook-(url|secret)$/.test(right));
  return [
    ...EXPECTED.filter((right) => !granted.includes(right)).map((right) => `operations is not ${right}`),
    ...granted.filter((right) => !EXPECTED.includes(right)).map((right) => `operations is ${right} and should not be`),
  ];
};

export const OPERATIONS: Policies = {
  'nothing public serves /ops': nothingPublicOperates,
  'production is operated': productionIsOperated,
  'operations know every queue and who consumes it': operationsAreWhole,
  'operations are taken over': operationsAreTakenOver,
  'operations have exactly their rights': operationsHaveTheirRights,
};
