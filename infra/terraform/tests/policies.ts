import type { Environment, PlannedResource, PlannedValue } from './environment-plan.ts';
import { SCALER_METADATA } from './provider/value-rule-table.ts';

/** A rule that a plan must obey; answers what is wrong, in words that name the resource. */
export type Policy = (plan: readonly PlannedResource[], environment: Environment) => readonly string[];

type Values = { readonly [name: string]: PlannedValue };

const ofType = (plan: readonly PlannedResource[], type: string): readonly Values[] =>
  plan.filter((resource) => resource.type === type).map(({ values }) => values);

const list = (value: PlannedValue | undefined): readonly Values[] => (Array.isArray(value) ? (value as Values[]) : []);
const first = (value: PlannedValue | undefined): Values => list(value)[0] ?? {};
const text = (value: PlannedValue | undefined): string => (typeof value === 'string' ? value : JSON.stringify(value));
const when = (wrong: boolean, problem: string): readonly string[] => (wrong ? [problem] : []);

/** The queue that each app owns, and by whose length it is scaled. */
const OWN_QUEUE: Readonly<Record<string, string>> = {
  'order-api': 'order-status',
  'order-worker': 'orders',
  'billing-worker': 'billing',
  'analytics-worker': 'analytics',
};

/** Who may do what, on what: the whole of it. */
const RIGHTS: Readonly<Record<string, readonly string[]>> = {
  'order-api': ['receive order-status', 'receive lab', 'send orders', 'send order-status', 'send lab'],
  'order-worker': ['receive orders', 'send orders', 'send events'],
  'billing-worker': ['receive billing', 'send billing', 'send events', 'read secret payment-gateway-url'],
  'analytics-worker': ['receive analytics', 'send analytics'],
  scaler: ['own orders', 'own billing', 'own analytics', 'own order-status'],
};
const VERBS: Readonly<Record<string, string>> = {
  'Azure Service Bus Data Receiver': 'receive',
  'Azure Service Bus Data Sender': 'send',
  'Azure Service Bus Data Owner': 'own',
  'Key Vault Secrets User': 'read secret',
  AcrPull: 'pull from',
};

const noSharedKeys: Policy = (plan) => [
  ...ofType(plan, 'azurerm_servicebus_namespace').flatMap(({ name, local_auth_enabled }) =>
    when(local_auth_enabled !== false, `namespace ${text(name)} lets shared access keys in`),
  ),
  ...ofType(plan, 'azurerm_servicebus_namespace_authorization_rule').map(({ name }) => `key ${text(name)} exists`),
  ...ofType(plan, 'azurerm_postgresql_flexible_server').flatMap(({ authentication }) =>
    when(first(authentication)['password_auth_enabled'] !== false, 'PostgreSQL lets passwords in'),
  ),
  ...ofType(plan, 'azurerm_application_insights').flatMap(({ local_authentication_disabled }) =>
    when(local_authentication_disabled !== true, 'Application Insights lets instrumentation keys in'),
  ),
];

const productionIsPrivate: Policy = (plan, environment) => {
  if (environment !== 'prod') return [];
  const closed = ['azurerm_servicebus_namespace', 'azurerm_key_vault', 'azurerm_postgresql_flexible_server'];
  const open = closed.flatMap((type) =>
    ofType(plan, type).flatMap(({ name, public_network_access_enabled }) =>
      when(public_network_access_enabled !== false, `${type} ${text(name)} has a public face`),
    ),
  );
  const endpoints = ofType(plan, 'azurerm_private_endpoint').flatMap(({ private_service_connection }) =>
    list(private_service_connection).flatMap(({ subresource_names }) => subresource_names as readonly string[]),
  );
  const missing = ['namespace', 'postgresqlServer', 'vault'].filter((kind) => !endpoints.includes(kind));
  const standard = ofType(plan, 'azurerm_servicebus_namespace').flatMap(({ sku }) =>
    when(sku !== 'Premium', `production runs on ${text(sku)}`),
  );
  return [...open, ...standard, ...missing.map((kind) => `no private endpoint for ${kind}`)];
};

const exactRights: Policy = (plan) => {
  const granted = ofType(plan, 'azurerm_role_assignment').map(({ principal_id, role_definition_name, scope }) => {
    const who = text(principal_id).replace(/^principal_id of orderflow-(dev|prod)-/, '');
    const what = text(scope)
      .replace(/^id of /, '')
      .replace(/^orderflow-(dev|prod)-kv\/secrets\//, '');
    return { who, right: `${VERBS[text(role_definition_name)] ?? text(role_definition_name)} ${what}` };
  });
  return Object.entries(RIGHTS).flatMap(([app, expected]) => {
    const actual = granted
      .filter(({ who, right }) => who === app && !right.startsWith('pull from'))
      .map(({ right }) => right);
    return [
      ...expected.filter((right) => !actual.includes(right)).map((right) => `${app} may not ${right}`),
      ...actual.filter((right) => !expected.includes(right)).map((right) => `${app} may ${right} and should not`),
    ];
  });
};

const strangersHaveNoRights: Policy = (plan) => {
  const known = new Set([...Object.keys(RIGHTS), 'migrations', 'operations']);
  return ofType(plan, 'azurerm_role_assignment')
    .map(({ principal_id }) => text(principal_id).replace(/^principal_id of orderflow-(dev|prod)-/, ''))
    .filter((who) => !known.has(who))
    .map((who) => `${who} has a role and is nobody we know`);
};

const alertsReachSomebody: Policy = (plan) => {
  const groups = ofType(plan, 'azurerm_monitor_action_group');
  const ids = groups.map(({ id }) => id);
  const reached = (name: PlannedValue | undefined, targets: readonly (PlannedValue | undefined)[]): readonly string[] =>
    when(!targets.some((target) => ids.includes(target ?? null)), `alert ${text(name)} reaches no action group`);
  return [
    ...groups.flatMap(({ email_receiver }) =>
      when(list(email_receiver).length === 0, 'the action group writes to nobody'),
    ),
    ...ofType(plan, 'azurerm_monitor_metric_alert').flatMap(({ name, action }) =>
      reached(
        name,
        list(action).map(({ action_group_id }) => action_group_id),
      ),
    ),
    ...ofType(plan, 'azurerm_monitor_scheduled_query_rules_alert_v2').flatMap(({ name, action }) =>
      reached(name, (first(action)['action_groups'] ?? []) as readonly PlannedValue[]),
    ),
  ];
};

/** Every queue's backlog, dead letters of queues and of the topic, and the rest of what must wake somebody. */
const everythingIsWatched: Policy = (plan, environment) => {
  const watched = ofType(plan, 'azurerm_monitor_metric_alert').flatMap(({ criteria }) =>
    list(criteria).flatMap(({ metric_name, dimension }) => {
      const entities = list(dimension).flatMap(({ values }) => values as readonly string[]);
      return entities.length === 0 ? [text(metric_name)] : entities.map((entity) => `${text(metric_name)} ${entity}`);
    }),
  );
  const queues = ['orders', 'billing', 'analytics', 'order-status'];
  const expected = [
    ...queues.flatMap((queue) => [
      `ActiveMessages ${queue}`,
      `DeadletteredMessages ${queue}`,
      `ScheduledMessages ${queue}`,
    ]),
    'DeadletteredMessages events',
    'ThrottledRequests',
    'ServerErrors',
    'Replicas',
    ...(environment === 'prod' ? ['NamespaceCpuUsage', 'NamespaceMemoryUsage'] : []),
  ];
  const outbox = ofType(plan, 'azurerm_monitor_scheduled_query_rules_alert_v2').length > 0;
  return [
    ...expected.filter((alert) => !watched.includes(alert)).map((alert) => `no alert watches ${alert}`),
    ...when(!outbox, 'no alert watches the age of the outbox'),
  ];
};

const template = (app: Values): Values => first(app['template']);
const containerOf = (app: Values): Values => first(template(app)['container']);

const appsAreProbed: Policy = (plan) =>
  ofType(plan, 'azurerm_container_app').flatMap((app) =>
    (['startup', 'liveness', 'readiness'] as const).flatMap((kind) => {
      const probe = first(containerOf(app)[`${kind}_probe`]);
      const path = { startup: '/health/startup', liveness: '/health/live', readiness: '/health/ready' }[kind];
      const port = first(app['ingress'])['target_port'];
      return when(
        probe['path'] !== path || probe['port'] !== port,
        `${text(app['name'])} has no ${kind} probe at ${path}`,
      );
    }),
  );

const workersScaleOnTheirQueue: Policy = (plan) =>
  ofType(plan, 'azurerm_container_app')
    .filter(({ name }) => text(name) in OWN_QUEUE)
    .flatMap((app) => {
      const name = text(app['name']);
      const rule = first(template(app)['custom_scale_rule']);
      const metadata = (rule['metadata'] ?? {}) as Values;
      const strange = Object.keys(metadata).filter((key) => !SCALER_METADATA.includes(key as 'queueName'));
      return [
        ...when(rule['custom_rule_type'] !== 'azure-servicebus', `${name} does not scale on Service Bus`),
        ...when(metadata['queueName'] !== OWN_QUEUE[name], `${name} scales on ${text(metadata['queueName'])}`),
        ...when(!text(rule['identity_id']).endsWith('-scaler'), `${name} scales with ${text(rule['identity_id'])}`),
        ...strange.map((key) => `${name} gives the scaler ${key}, which it does not read`),
        ...when(Number(template(app)['min_replicas']) < 1, `${name} may scale to zero with rows in its outbox`),
      ];
    });

/** No secret in the state: values come from Key Vault or are none. */
const secretsStayInKeyVault: Policy = (plan) =>
  ofType(plan, 'azurerm_container_app').flatMap((app) => [
    ...list(app['secret']).flatMap(({ name, value, key_vault_secret_id }) =>
      when(value !== null || key_vault_secret_id === null, `secret ${text(name)} is in the state`),
    ),
    ...list(containerOf(app)['env']).flatMap(({ name, value }) =>
      when(
        /:[^/@]+@|SharedAccessKey|AccountKey|password=/i.test(text(value ?? '').replace(/^\w+:\/\//, '')),
        `${text(app['name'])} has a secret in the variable ${text(name)}`,
      ),
    ),
  ]);

const onlyTheApiIsPublic: Policy = (plan) =>
  ofType(plan, 'azurerm_container_app').flatMap((app) => {
    const ingress = first(app['ingress']);
    const name = text(app['name']);
    return [
      ...when(
        ingress['external_enabled'] !== (name === 'order-api'),
        `${name} is ${name === 'order-api' ? 'not ' : ''}public`,
      ),
      ...when(ingress['allow_insecure_connections'] === true, `${name} answers plain HTTP`),
    ];
  });

const replicasEndInPeace: Policy = (plan) =>
  ofType(plan, 'azurerm_container_app').flatMap((app) =>
    when(Number(template(app)['termination_grace_period_seconds']) < 30, `${text(app['name'])} is killed within 30 s`),
  );

/** Connections that PostgreSQL grants, by size, without the 15 that Azure keeps (its page on limits). */
const GRANTED_CONNECTIONS: Readonly<Record<string, number>> = { B_Standard_B1ms: 35, GP_Standard_D2ds_v5: 844 };

/** Each replica has its pool and one connection more that listens; a server that is full turns all apps away. */
const replicasFitTheDatabase: Policy = (plan) => {
  const needed = ofType(plan, 'azurerm_container_app').reduce((sum, app) => {
    const poolSize = list(containerOf(app)['env']).find(({ name }) => name === 'DATABASE_POOL_SIZE')?.['value'];
    return sum + Number(template(app)['max_replicas']) * (Number(poolSize) + 1);
  }, 0);
  return ofType(plan, 'azurerm_postgresql_flexible_server').flatMap(({ sku_name }) => {
    const granted = GRANTED_CONNECTIONS[text(sku_name)];
    if (granted === undefined) return [`how many connections ${text(sku_name)} grants is not known here`];
    return when(!(needed <= granted), `all replicas open ${needed} connections, ${text(sku_name)} grants ${granted}`);
  });
};

const entitiesAreNotPartitioned: Policy = (plan) =>
  ['azurerm_servicebus_queue', 'azurerm_servicebus_topic'].flatMap((type) =>
    ofType(plan, type).flatMap(({ name, partitioning_enabled }) =>
      when(partitioning_enabled !== false, `${text(name)} is partitioned`),
    ),
  );

const namespaceIsLogged: Policy = (plan) =>
  when(ofType(plan, 'azurerm_monitor_diagnostic_setting').length === 0, 'the namespace logs nowhere');

const productionIsLocked: Policy = (plan, environment) =>
  when(
    environment === 'prod' && ofType(plan, 'azurerm_management_lock').length < 2,
    'what holds data in production can be deleted by accident',
  );

export const POLICIES: Readonly<Record<string, Policy>> = {
  'no shared keys and no passwords': noSharedKeys,
  'production is Premium and private': productionIsPrivate,
  'each app has exactly its rights': exactRights,
  'nobody else has any': strangersHaveNoRights,
  'alerts reach the action group': alertsReachSomebody,
  'everything that matters is watched': everythingIsWatched,
  'every app is probed': appsAreProbed,
  'workers scale on their own queue with the scaler identity': workersScaleOnTheirQueue,
  'secrets stay in Key Vault': secretsStayInKeyVault,
  'only order-api is public': onlyTheApiIsPublic,
  'replicas may finish what is in flight': replicasEndInPeace,
  'PostgreSQL has connections for every replica': replicasFitTheDatabase,
  'queues and topic are not partitioned': entitiesAreNotPartitioned,
  'the namespace is logged': namespaceIsLogged,
  'production is locked against deletion': productionIsLocked,
};

/** The environment variables of each container app, `cli` jobs left out. */
export function environmentVariables(plan: readonly PlannedResource[]): ReadonlyMap<string, readonly string[]> {
  return new Map(
    ofType(plan, 'azurerm_container_app').map((app) => [
      text(app['name']),
      list(containerOf(app)['env']).map(({ name }) => text(name)),
    ]),
  );
}
