// Writes an overlay's settings.env: what differs between one cluster, or release, and another.
//   terraform output -json | node settings.mjs registry.example.com/orderflow 0123456789ab > settings.env
import { text } from 'node:stream/consumers';

const WORKLOADS = [
  'order-api',
  'order-worker',
  'billing-worker',
  'analytics-worker',
  'operations',
  'migrations',
  'scaler',
];
/** Whose access tokens are taken. */
const ACCESS = ['issuer', 'audience', 'jwks_url', 'customer_claim'];
/** A release ends the names of the migration jobs: `migrate-analytics-worker-` and 38 characters are a job's 63. */
const RELEASE = /^[a-z0-9]([a-z0-9-]{0,36}[a-z0-9])?$/;
const SERVICE_BUS = /^([a-z][a-z0-9-]*)\.servicebus\.windows\.net$/i;

/**
 * The settings by name.
 * @param outputs what `terraform output -json` prints
 * @param imagePrefix registry and path before the images' names
 * @param release tag of the images
 * @throws Error that lists everything that is missing or wrong
 */
export function settingsOf(outputs, imagePrefix = '', release = '') {
  const identities = outputs.identities?.value ?? {};
  const access = outputs.access?.value ?? {};
  const broker = outputs.fully_qualified_namespace?.value ?? '';
  const [, namespace = ''] = SERVICE_BUS.exec(broker) ?? [];
  const problems = [
    !/^[^\s/]+\/\S*[^\s/]$/.test(imagePrefix) && `the images' prefix is registry and path, not "${imagePrefix}"`,
    !RELEASE.test(release) && `a release is at most 38 lower-case letters, digits and hyphens, not "${release}"`,
    namespace === '' && `the output fully_qualified_namespace is no host name of Service Bus: "${broker}"`,
    !outputs.database_host?.value && 'the output database_host is missing',
    ...ACCESS.filter((each) => !access[each]).map((each) => `the output access has no ${each}`),
    ...WORKLOADS.filter((each) => !identities[each]?.client_id || !identities[each]?.name).map(
      (each) =>
        `the output identities has no ${each} with a client id and a name${each === 'operations' ? ': set operations_enabled = true' : ''}`,
    ),
  ].filter(Boolean);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return {
    RELEASE: release,
    IMAGE_PREFIX: imagePrefix,
    SERVICEBUS_NAMESPACE: namespace,
    DATABASE_HOST: outputs.database_host.value,
    ...Object.fromEntries(ACCESS.map((each) => [`AUTH_${each.toUpperCase()}`, access[each]])),
    // What operations ask a token for, to call the workers.
    AUTH_SCOPE: `${access.audience}/.default`,
    ...Object.fromEntries(
      WORKLOADS.flatMap((each) => {
        const name = each.toUpperCase().replaceAll('-', '_');
        const { client_id, name: identity } = identities[each];
        // The scaler never logs in to PostgreSQL, where an identity's name is its role.
        const role = each === 'scaler' ? [] : [[`${name}_IDENTITY`, identity]];
        return [[`${name}_CLIENT_ID`, client_id], ...role];
      }),
    ),
  };
}

if (import.meta.main) {
  try {
    const settings = settingsOf(JSON.parse(await text(process.stdin)), ...process.argv.slice(2));
    for (const [name, value] of Object.entries(settings)) process.stdout.write(`${name}=${value}\n`);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
