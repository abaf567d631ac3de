import { TRACING, variablesToSet } from '../../../terraform/tests/app-variables.ts';
import { APP_NAMES, type App, ofKind, OPERATIONS, type Workload, workloadsOf } from '../workloads.ts';
import { type Policy, when } from './policy.ts';

const LABEL = 'azure.workload.identity/use';
const CLIENT_ID = 'azure.workload.identity/client-id';
const MIGRATIONS = 'migrations';

/** Which service account a workload runs as: its namesake, or, for a migration, the administrator of PostgreSQL. */
const accountOf = ({ kind, name }: Workload): string => (kind === 'Job' ? MIGRATIONS : name);

/** Label, service account and client id: without one of them a pod has no Entra token and nothing lets it in. */
export const workloadsHaveIdentities: Policy = (manifests) => {
  const accounts = new Map(ofKind(manifests, 'ServiceAccount').map(({ metadata }) => [metadata.name, metadata]));
  return workloadsOf(manifests).flatMap((workload) => {
    const { name, labels, pod } = workload;
    const account = accounts.get(pod.serviceAccountName ?? '');
    return [
      ...when(labels[LABEL] !== 'true', `${name} gets no token: its pods are without the label ${LABEL}`),
      ...when(
        pod.serviceAccountName !== accountOf(workload),
        `${name} runs as ${pod.serviceAccountName ?? 'default'}, not as ${accountOf(workload)}`,
      ),
      ...when(
        !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(account?.annotations?.[CLIENT_ID] ?? ''),
        `the service account of ${name} names no client id`,
      ),
    ];
  });
};

/** Operations are order-api, for other people. */
const appOf = (name: string): string => (name === OPERATIONS.name ? 'order-api' : name);

/** Each in its own database, as its own role, without a password, over TLS that is verified. */
export const databasesAreTheirOwn: Policy = (manifests) => {
  const all = workloadsOf(manifests);
  return all.flatMap((workload) => {
    const { kind, name, variables } = workload;
    const url = variables.get('DATABASE_URL') ?? '';
    const [, user = '', path = '', query = ''] = /^postgresql:\/\/([^@]*)@[^/]+\/([^?]*)\?(.*)$/.exec(url) ?? [];
    const own = appOf(name.replace(/^migrate-/, '')).replaceAll('-', '_');
    const roles =
      kind === 'Job' ? [] : all.filter((other) => other !== workload && other.variables.get('DATABASE_USER') === user);
    return [
      ...when(path !== own, `${name} uses the database ${path || 'that no URL names'}, not ${own}`),
      ...when(user === '' || user.includes(':'), `${name} needs a user without a password in its DATABASE_URL`),
      ...when(query !== 'sslmode=verify-full', `${name} does not verify who the database is`),
      ...roles.map((other) => `${name} is ${other.name} to the database`),
    ];
  });
};

/** One job for each app, which lets in the role that the app uses. */
export const databasesAreMigrated: Policy = (manifests) => {
  const all = workloadsOf(manifests);
  return APP_NAMES.flatMap((app) => {
    const job = all.find(({ kind, name }) => kind === 'Job' && name === `migrate-${app}`);
    const args = job?.container.args?.map((arg) =>
      arg.replace(/^\$\((\w+)\)$/, (_, variable: string) => job.variables.get(variable) ?? ''),
    );
    const roles = [app, OPERATIONS.name]
      .filter((name) => appOf(name) === app)
      .map((name) =>
        all.find((each) => each.kind === 'Deployment' && each.name === name)?.variables.get('DATABASE_USER'),
      );
    return [
      ...when(args?.slice(0, 2).join(' ') !== `migrate ${app}`, `no job migrates the database of ${app}`),
      ...when(
        args?.slice(2).join(' ') !== roles.map((role) => `--grant-to ${role}`).join(' '),
        `the migration of ${app} lets in ${args?.slice(3).join(' ') || 'nobody'}, not ${roles.join(', ')}`,
      ),
      ...when(job?.pod.restartPolicy !== 'Never', `the migration of ${app} starts again in place, without its log`),
    ];
  });
};

/** Parts of other variables, which the apps themselves do not read. */
const PARTS = ['DATABASE_HOST', 'DATABASE_USER'];

/** What operations need beside what order-api does. */
const OF_OPERATIONS = [
  'OPS_WORKERS',
  'OPS_EXPORT_KEY',
  'OPS_ALERT_WEBHOOK_URL',
  'OPS_ALERT_WEBHOOK_SECRET',
  'AUTH_SCOPE',
];

/** Neither a variable too few nor one that the app's config schema does not know. */
export const variablesAreThoseOfTheSchema: Policy = (manifests) =>
  workloadsOf(manifests)
    .filter(({ kind }) => kind === 'Deployment')
    .flatMap(({ name, variables }) => {
      const ofApp = variablesToSet().get(appOf(name) as App) ?? [];
      const wanted = name === OPERATIONS.name ? [...ofApp, ...OF_OPERATIONS] : ofApp;
      const given = [...variables.keys()].filter((variable) => !PARTS.includes(variable));
      return [
        ...wanted.filter((variable) => !given.includes(variable)).map((variable) => `${name} is not given ${variable}`),
        ...given
          .filter((variable) => ![...wanted, ...TRACING].includes(variable))
          .map((variable) => `${name} is given ${variable}, which it does not read`),
      ];
    });

/** Whose tokens are taken is settled over TLS: who is in between would hand out keys of his own. */
export const issuersAreReachedOverTls: Policy = (manifests) =>
  workloadsOf(manifests)
    .filter(({ kind }) => kind === 'Deployment')
    .flatMap(({ name, variables }) =>
      ['AUTH_ISSUER', 'AUTH_JWKS_URL']
        .filter((variable) => !/^https:\/\/[^/]/.test(variables.get(variable) ?? ''))
        .map((variable) => `${name} trusts whoever answers for ${variable}: it needs https`),
    );

/** What opens a door comes from a secret, never from a manifest. */
export const secretsAreNotWritten: Policy = (manifests) =>
  workloadsOf(manifests).flatMap(({ name, variables }) =>
    [...variables]
      .filter(([, value]) => /SharedAccessKey|AccountKey|password|:[^/@]+@/i.test(value.replace(/^\w+:\/\//, '')))
      .map(([variable]) => `${name} has a secret in the variable ${variable}`),
  );
