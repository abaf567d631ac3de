import type { PlannedValue } from '../environment-plan.ts';
import {
  APPS,
  containerApps,
  containerOf,
  first,
  list,
  ofType,
  type Policies,
  type Policy,
  template,
  text,
  texts,
  type Values,
  variableOf,
  when,
  workloadOf,
} from './planned.ts';

/** Who may do what, on what: the whole of it. */
const RIGHTS: Readonly<Record<string, readonly string[]>> = {
  'order-api': ['receive order-status', 'receive lab', 'send orders', 'send order-status', 'send lab'],
  'order-worker': ['receive orders', 'send orders', 'send events'],
  'billing-worker': ['receive billing', 'send billing', 'send events', 'read secret payment-gateway-url'],
  'analytics-worker': ['receive analytics', 'send analytics'],
  scaler: ['own orders', 'own billing', 'own analytics', 'own order-status'],
  migrations: [],
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
];

const exactRights: Policy = (plan, environment) => {
  if (environment === 'prod-locks') return [];
  const granted = ofType(plan, 'azurerm_role_assignment').map(({ principal_id, role_definition_name, scope }) => {
    const what = text(scope)
      .replace(/^id of /, '')
      .replace(/^[\w-]+\/secrets\//, '');
    const verb = VERBS[text(role_definition_name)] ?? text(role_definition_name);
    return { who: workloadOf(principal_id), right: `${verb} ${what}` };
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

/** Images come from one registry: a right to pull from what is around it reads every other registry too. */
const imagesArePulledFromTheRegistry: Policy = (plan) =>
  ofType(plan, 'azurerm_role_assignment')
    .filter(({ role_definition_name }) => role_definition_name === 'AcrPull')
    .flatMap(({ principal_id, scope }) =>
      when(
        !/\/Microsoft\.ContainerRegistry\/registries\/[^/]+$/i.test(text(scope)),
        `${workloadOf(principal_id)} may pull from ${text(scope)}, which is no registry`,
      ),
    );

const strangersHaveNoRights: Policy = (plan) => {
  const known = new Set([...Object.keys(RIGHTS), 'operations']);
  return ofType(plan, 'azurerm_role_assignment')
    .map(({ principal_id }) => workloadOf(principal_id))
    .filter((who) => !known.has(who))
    .map((who) => `${who} has a role and is nobody we know`);
};

/** Every identity that a deployment names, in any of its blocks, with what it is named for. */
function identitiesUsed(app: Values): readonly (readonly [string, PlannedValue])[] {
  const clientId = variableOf(app, 'AZURE_CLIENT_ID');
  return [
    ...list(app['registry']).map(({ identity }) => ['pulls its image', identity ?? null] as const),
    ...list(app['secret']).map(({ identity }) => ['reads a secret', identity ?? null] as const),
    ...list(template(app)['custom_scale_rule']).map(({ identity_id }) => ['scales', identity_id ?? null] as const),
    ...(clientId === undefined ? [] : [['runs', clientId] as const]),
  ];
}

/** Azure refuses an identity that is not assigned, or gives no token for it. */
const identitiesAreAssigned: Policy = (plan) =>
  ofType(plan, 'azurerm_container_app', 'azurerm_container_app_job').flatMap((app) => {
    const assigned = texts(first(app['identity'])['identity_ids']).map(workloadOf);
    return identitiesUsed(app)
      .filter(([, identity]) => !assigned.includes(workloadOf(identity)))
      .map(([use, identity]) => `${text(app['name'])} ${use} as ${workloadOf(identity)}, which is not assigned to it`);
  });

interface Login {
  readonly app: string;
  readonly user: string;
  readonly database: string;
  /** The workload whose token is the password. */
  readonly identity: string;
}

const DATABASE_URL = /^postgresql:\/\/([^:@/]+)@[^/]+\/([^?]+)\?/;

const loginsOf = (apps: readonly Values[]): readonly Login[] =>
  apps.map((app) => {
    const [, user = '', database = ''] = DATABASE_URL.exec(variableOf(app, 'DATABASE_URL') ?? '') ?? [];
    const identity = workloadOf(variableOf(app, 'AZURE_CLIENT_ID'));
    return { app: text(app['name']), user: workloadOf(user), database, identity };
  });

/** One database an app, which exists, logged in to as oneself; `operations` looks into order-api's. */
const databasesAreApart: Policy = (plan) => {
  const logins = loginsOf(containerApps(plan));
  const existing = ofType(plan, 'azurerm_postgresql_flexible_server_database').map(({ name }) => text(name));
  const own = logins.filter(({ app }) => APPS.includes(app as (typeof APPS)[number]));
  return [
    ...logins.flatMap(({ app, user, identity, database }) => [
      ...when(user !== identity, `${app} logs in to PostgreSQL as ${user} with the token of ${identity}`),
      ...when(!existing.includes(database), `${app} uses database ${database}, which does not exist`),
    ]),
    ...own.flatMap(({ app, database }) =>
      own
        .filter((other) => other.app < app && other.database === database)
        .map((other) => `${app} and ${other.app} share database ${database}`),
    ),
  ];
};

/** Each database is migrated by a job, which lets everybody in who logs in to it. */
const migrationsOpenTheDatabase: Policy = (plan) => {
  const jobs = ofType(plan, 'azurerm_container_app_job');
  const migrated = loginsOf(jobs);
  const strangers = migrated
    .filter(({ user, identity }) => user !== identity)
    .map(({ app, user, identity }) => `${app} logs in as ${user} with the token of ${identity}`);
  const closed = loginsOf(containerApps(plan)).flatMap(({ app, database, user }) => {
    const index = migrated.findIndex((job) => job.database === database);
    const args = texts(containerOf(jobs[index] ?? {})['args']);
    const granted = args.filter((_, at) => args[at - 1] === '--grant-to').map(workloadOf);
    return index === -1
      ? [`no job migrates database ${database} of ${app}`]
      : when(!granted.includes(user), `${migrated[index]?.app} does not let ${user} into ${database}`);
  });
  return [...strangers, ...closed];
};

/** Who may change tables and roles never answers requests or reads messages. */
const appsAreNoAdministrators: Policy = (plan) => {
  const administrators = ofType(plan, 'azurerm_postgresql_flexible_server_active_directory_administrator').map(
    ({ principal_name }) => workloadOf(principal_name),
  );
  return containerApps(plan).flatMap((app) => {
    const used = [
      ...texts(first(app['identity'])['identity_ids']).map(workloadOf),
      ...loginsOf([app]).flatMap(({ user, identity }) => [user, identity]),
    ];
    const administrator = used.find((identity) => administrators.includes(identity));
    return when(administrator !== undefined, `${text(app['name'])} runs as the database administrator`);
  });
};

/** The service account of each workload: of its own name, but KEDA's operator is KEDA's. */
const serviceAccountOf = (workload: string): string => (workload === 'scaler' ? 'keda-operator' : workload);

const clustersAreFederated: Policy = (plan) => {
  const credentials = ofType(plan, 'azurerm_federated_identity_credential');
  if (credentials.length === 0) return [];
  const federated = credentials.map(({ user_assigned_identity_id }) => workloadOf(user_assigned_identity_id));
  const missing = Object.keys(RIGHTS).filter((workload) => !federated.includes(workload));
  return [
    ...missing.map((workload) => `the service account of ${workload} is not federated`),
    ...credentials.flatMap(({ subject, audience }, index) => {
      const workload = federated[index] ?? '';
      const account = /^system:serviceaccount:[a-z0-9-]+:([a-z0-9-]+)$/.exec(text(subject))?.[1];
      return [
        ...when(account !== serviceAccountOf(workload), `${text(subject)} gets tokens of ${workload}`),
        ...when(text(audience) !== '["api://AzureADTokenExchange"]', `${workload} has audience ${text(audience)}`),
      ];
    }),
  ];
};

export const ACCESS: Policies = {
  'no shared keys and no passwords': noSharedKeys,
  'each app has exactly its rights': exactRights,
  'images are pulled from the registry': imagesArePulledFromTheRegistry,
  'nobody else has any': strangersHaveNoRights,
  'an identity that is used is assigned': identitiesAreAssigned,
  'each app has its own database, as itself': databasesAreApart,
  'a job migrates each database and lets its users in': migrationsOpenTheDatabase,
  'no app is the database administrator': appsAreNoAdministrators,
  'service accounts of a cluster are federated with their workloads': clustersAreFederated,
};
