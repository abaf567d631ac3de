import { READ_BY_AZURE_SDK, TRACING, variablesToSet } from '../app-variables.ts';
import { SCALER_METADATA } from '../provider/value-rule-table.ts';
import {
  type APPS,
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
} from './planned.ts';
import { grantedConnections } from './postgres-limits.ts';

/** The queue that each app owns, and by whose length it is scaled. */
const OWN_QUEUE: Readonly<Record<(typeof APPS)[number], string>> = {
  'order-api': 'order-status',
  'order-worker': 'orders',
  'billing-worker': 'billing',
  'analytics-worker': 'analytics',
};

const PROBES = { startup: '/health/startup', liveness: '/health/live', readiness: '/health/ready' } as const;

const appsAreProbed: Policy = (plan) =>
  containerApps(plan).flatMap((app) =>
    Object.entries(PROBES).flatMap(([kind, path]) => {
      const probe = first(containerOf(app)[`${kind}_probe`]);
      const port = first(app['ingress'])['target_port'];
      const served = probe['path'] === path && probe['port'] === port;
      return when(!served, `${text(app['name'])} has no ${kind} probe at ${path}`);
    }),
  );

const workersScaleOnTheirQueue: Policy = (plan) =>
  containerApps(plan)
    .filter(({ name }) => text(name) in OWN_QUEUE)
    .flatMap((app) => {
      const name = text(app['name']);
      const rule = first(template(app)['custom_scale_rule']);
      const metadata = (rule['metadata'] ?? {}) as Values;
      const strange = Object.keys(metadata).filter((key) => !SCALER_METADATA.includes(key as 'queueName'));
      const queue = OWN_QUEUE[name as keyof typeof OWN_QUEUE];
      return [
        ...when(rule['custom_rule_type'] !== 'azure-servicebus', `${name} does not scale on Service Bus`),
        ...when(metadata['queueName'] !== queue, `${name} scales on ${text(metadata['queueName'])}`),
        ...when(!text(rule['identity_id']).endsWith('-scaler'), `${name} scales with ${text(rule['identity_id'])}`),
        ...strange.map((key) => `${name} gives the scaler ${key}, which it does not read`),
        ...when(Number(template(app)['min_replicas']) < 1, `${name} may scale to zero with rows in its outbox`),
      ];
    });

/** Requests wait in no queue: order-api grows with them, as on Kubernetes with its CPU. */
const theApiScalesByLoad: Policy = (plan) =>
  containerApps(plan)
    .filter(({ name }) => name === 'order-api')
    .flatMap((app) => {
      const concurrent = Number(first(template(app)['http_scale_rule'])['concurrent_requests']);
      return when(!(concurrent >= 1 && concurrent <= 500), 'order-api does not scale by requests');
    });

/** Two revisions at once would share the queues for ever, the old one unseen. */
const oneRevisionRuns: Policy = (plan) =>
  containerApps(plan).flatMap(({ name, revision_mode }) =>
    when(revision_mode !== 'Single', `${text(name)} keeps old revisions running`),
  );

const SECRET = /:[^/@]+@|SharedAccessKey|AccountKey|password=/i;

/** No secret in the state: values come from Key Vault or are none. */
const secretsStayInKeyVault: Policy = (plan) =>
  containerApps(plan).flatMap((app) => [
    ...list(app['secret']).flatMap(({ name, value, key_vault_secret_id }) =>
      when(value !== null || key_vault_secret_id === null, `secret ${text(name)} is in the state`),
    ),
    ...list(containerOf(app)['env']).flatMap(({ name, value }) =>
      when(
        SECRET.test(text(value ?? '').replace(/^\w+:\/\//, '')),
        `${text(app['name'])} has a secret in the variable ${text(name)}`,
      ),
    ),
  ]);

const onlyTheApiIsPublic: Policy = (plan) =>
  containerApps(plan).flatMap((app) => {
    const ingress = first(app['ingress']);
    const name = text(app['name']);
    const wanted = name === 'order-api';
    return [
      ...when(ingress['external_enabled'] !== wanted, `${name} is ${wanted ? 'not ' : ''}public`),
      ...when(ingress['allow_insecure_connections'] === true, `${name} answers plain HTTP`),
    ];
  });

/** An app's own deadline comes first, with seconds left to close connections; then the platform's. */
const replicasEndInPeace: Policy = (plan) =>
  containerApps(plan).flatMap((app) => {
    const name = text(app['name']);
    const grace = Number(template(app)['termination_grace_period_seconds']);
    const timeout = Number(/^(\d+)s$/.exec(variableOf(app, 'SHUTDOWN_TIMEOUT') ?? '')?.[1] ?? Number.NaN);
    return [
      ...when(grace < 30, `${name} is killed within 30 s`),
      ...when(!(timeout + 5 <= grace), `${name} is killed after ${grace} s and means to stop within ${timeout} s`),
    ];
  });

/** Each replica has its pool and one connection more that listens; a server that is full turns all apps away. */
const replicasFitTheDatabase: Policy = (plan) => {
  const needed = containerApps(plan).reduce((sum, app) => {
    const connections = Number(variableOf(app, 'DATABASE_POOL_SIZE')) + 1;
    return sum + Number(template(app)['max_replicas']) * connections;
  }, 0);
  return ofType(plan, 'azurerm_postgresql_flexible_server').flatMap(({ sku_name }) => {
    const granted = grantedConnections(text(sku_name));
    if (granted === undefined) return [`how many connections ${text(sku_name)} grants is not known here`];
    return when(!(needed <= granted), `all replicas open ${needed} connections, ${text(sku_name)} grants ${granted}`);
  });
};

/** Each app is given what its config schema asks for of the place it runs in, and nothing that it would not read. */
const appsAreConfigured: Policy = (plan) =>
  [...variablesToSet()].flatMap(([name, variables]) => {
    const app = containerApps(plan).find((each) => each['name'] === name);
    if (!app) return [];
    const given = list(containerOf(app)['env']).map((variable) => text(variable['name']));
    const wanted = [...variables, ...READ_BY_AZURE_SDK];
    return [
      ...wanted.filter((variable) => !given.includes(variable)).map((variable) => `${name} is not given ${variable}`),
      ...given
        .filter((variable) => ![...wanted, ...TRACING].includes(variable))
        .map((variable) => `${name} does not read ${variable}`),
    ];
  });

export const APPLICATIONS: Policies = {
  'every app is given the variables of its config schema': appsAreConfigured,
  'every app is probed': appsAreProbed,
  'workers scale on their own queue with the scaler identity': workersScaleOnTheirQueue,
  'order-api scales by load': theApiScalesByLoad,
  'one revision runs': oneRevisionRuns,
  'secrets stay in Key Vault': secretsStayInKeyVault,
  'only order-api is public': onlyTheApiIsPublic,
  'replicas may finish what is in flight': replicasEndInPeace,
  'PostgreSQL has connections for every replica': replicasFitTheDatabase,
};
