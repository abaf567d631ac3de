import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, expect, it } from '@jest/globals';
import { users } from '../../rabbitmq/rights.mjs';
import { POLICIES } from './kubernetes-problems.ts';
import { type Manifest, parseManifests, readAllManifests, readManifests, REPOSITORY_ROOT } from './manifests.ts';
import { APP_NAMES, APPS, ofKind, OPERATIONS, workloadsOf } from './workloads.ts';

interface Trigger {
  readonly type: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly authenticationRef?: { readonly name: string };
}

/** What KEDA's scaler of RabbitMQ reads (https://keda.sh/docs/latest/scalers/rabbitmq-queue/), as far as we use it. */
const METADATA = ['protocol', 'queueName', 'mode', 'value'];

/**
 * Of the policies those that are about Service Bus, about variables whose values are in secrets here, and about migrations,
 * which this overlay has none of.
 */
const OTHERWISE = [
  'apps scale on their queue',
  'only the scaler manages',
  'variables are those of the config schemas',
  'each database is migrated, and lets its app in',
];

let onRabbitMq: readonly Manifest[];
let onServiceBus: readonly Manifest[];

beforeAll(() => {
  const path = join(REPOSITORY_ROOT, 'infra/kubernetes/overlays/example-rabbitmq/apps');
  const built = spawnSync('kubectl', ['kustomize', path], { encoding: 'utf8' });
  expect(built).toMatchObject({ status: 0, stderr: '' });
  onRabbitMq = parseManifests(built.stdout.replaceAll(/\borderflow-[2-9bcdfghkmt]{10}\b/g, 'orderflow'));
  onServiceBus = readAllManifests(REPOSITORY_ROOT);
});

const triggersOf = (manifests: readonly Manifest[], app: string): readonly Trigger[] =>
  (ofKind(manifests, 'ScaledObject').find(({ metadata }) => metadata.name === app)?.spec?.['triggers'] ??
    []) as readonly Trigger[];

it('follows the policies that do not ask for Service Bus', () => {
  const base = new Set(readManifests(REPOSITORY_ROOT, 'base').map(({ kind, metadata }) => `${kind} ${metadata.name}`));
  const rest = onServiceBus.filter(({ kind, metadata }) => !base.has(`${kind} ${metadata.name}`));
  const all = [...rest, ...onRabbitMq];
  const problems = Object.entries(POLICIES)
    .filter(([name]) => !OTHERWISE.includes(name))
    .flatMap(([, policy]) => policy(all));
  expect(problems).toEqual([]);
});

it.each(APP_NAMES)('scales %s on the same queue, by the same number of messages', (app) => {
  const [before] = triggersOf(onServiceBus, app);
  const [trigger, ...others] = triggersOf(onRabbitMq, app);
  expect(trigger).toEqual({
    type: 'rabbitmq',
    metadata: {
      protocol: 'amqp',
      queueName: APPS[app].queue,
      mode: 'QueueLength',
      value: before?.metadata['messageCount'],
    },
    authenticationRef: { name: 'rabbitmq-scaler' },
  });
  expect(Object.keys(trigger?.metadata ?? {}).filter((key) => !METADATA.includes(key))).toEqual([]);
  expect(others).toEqual(triggersOf(onServiceBus, app).slice(1));
  const authentications = ofKind(onRabbitMq, 'TriggerAuthentication').map(({ metadata }) => metadata.name);
  expect(authentications).toEqual(['rabbitmq-scaler']);
});

it.each([...APP_NAMES, OPERATIONS.name])(
  'lets %s in as its own user, by a secret that is mounted where it looks',
  (app) => {
    expect(users.map(({ name }) => name)).toContain(app);
    const workload = workloadsOf(onRabbitMq).find(({ name }) => name === app);
    const [config] = ofKind(onRabbitMq, 'ConfigMap');
    expect(config?.data).toMatchObject({ MESSAGING_TRANSPORT: 'rabbitmq' });
    expect(workload?.pod.volumes).toContainEqual({ name: 'rabbitmq', secret: { secretName: `rabbitmq-${app}` } });
    const mount = { name: 'rabbitmq', mountPath: '/run/secrets/rabbitmq', readOnly: true };
    expect(workload?.container.volumeMounts).toContainEqual(mount);
    for (const name of ['RABBITMQ_URL_FILE', 'RABBITMQ_CA_FILE']) {
      expect(config?.data?.[name]?.startsWith(`${mount.mountPath}/`)).toBe(true);
    }
  },
);
