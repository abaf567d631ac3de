import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { READ_BY_AZURE_SDK, TRACING, variablesToSet } from '../terraform/tests/app-variables.ts';
import { bothBrokersAreNamed, rabbitMqFindsItsData } from './compose-brokers.ts';
import { type Dependency, isOurs, readCompose, type Service, withDefaults } from './compose-file.ts';
import { appOf, isApp, OF_OPERATIONS, onlyOperationsOperate, OPERATIONS } from './compose-operations.ts';
import { each, type Rule, when } from './compose-rule.ts';

/** What starts with each profile; everything else starts without one. */
const PROFILES: Readonly<Record<string, string>> = {
  'azure-emulator-config': 'azure-emulator',
  'azure-emulator': 'azure-emulator',
  'azure-emulator-sql': 'azure-emulator',
  rabbitmq: 'rabbitmq',
  prometheus: 'monitoring',
  grafana: 'monitoring',
};

const oursAreUnprivileged: Rule = (services) =>
  each(services, (name, service) => [
    ...when(
      service.privileged === true || service.user === 'root' || service.user?.startsWith('0') === true,
      `${name} runs as root`,
    ),
    ...when((service.cap_add ?? []).length > 0, `${name} is given capabilities`),
    ...[service.network_mode, service.pid, service.ipc]
      .filter((shared) => shared === 'host')
      .map(() => `${name} shares network or processes with this machine`),
    ...(isOurs(service)
      ? [
          ...when(service.read_only !== true, `${name} can write to its root file system`),
          ...when(service.tmpfs?.includes('/tmp') !== true, `${name} has no /tmp to write to`),
          ...when(service.cap_drop?.join() !== 'ALL', `${name} keeps capabilities`),
          ...when(service.security_opt?.includes('no-new-privileges:true') !== true, `${name} may gain privileges`),
        ]
      : []),
  ]);

/** A major version alone is another image next month. */
const imagesArePinned: Rule = (services) =>
  each(services, (name, service) => {
    const image = withDefaults(service.image);
    const tag = /:([^:/]+)$/.exec(image)?.[1] ?? '';
    return when(
      !isOurs(service) && !/^v?\d+\.\d+(\.\d+)?(-[\w.]+)*$|-CU\d+-|@sha256:/.test(tag),
      `${name} runs ${image}, no exact version`,
    );
  });

const profilesAreThese: Rule = (services) => [
  ...each(services, (name, { profiles = [] }) =>
    when(
      profiles.join() !== (PROFILES[name] ?? ''),
      `${name} starts with the profile "${profiles.join()}", not "${PROFILES[name] ?? ''}"`,
    ),
  ),
  ...Object.keys(PROFILES)
    .filter((name) => services[name] === undefined)
    .map((name) => `the service ${name} is missing`),
];

const dependenciesOf = ({ depends_on = {} }: Service): Readonly<Record<string, Dependency>> =>
  Array.isArray(depends_on)
    ? Object.fromEntries(depends_on.map((name) => [name, { condition: 'service_started' }]))
    : (depends_on as Readonly<Record<string, Dependency>>);

/** Built by a stage of the Dockerfile with a HEALTHCHECK: all but the cli, which ends. */
const saysWhetherItIsHealthy = (service: Service): boolean =>
  service.healthcheck !== undefined || (isOurs(service) && service.build?.target !== 'cli');

const dependenciesCanBeMet: Rule = (services) =>
  each(services, (name, service) =>
    Object.entries(dependenciesOf(service)).flatMap(([other, { condition, required = true }]) => {
      const needed = services[other];
      if (needed === undefined) return [`${name} waits for ${other}, which does not exist`];
      const profile = needed.profiles?.[0];
      return [
        ...when(
          required && profile !== undefined && service.profiles?.includes(profile) !== true,
          `${name} waits for ${other}, which starts only with the profile ${profile}`,
        ),
        ...when(
          condition === 'service_healthy' && !saysWhetherItIsHealthy(needed),
          `${name} waits for the health of ${other}, which has no health check`,
        ),
        ...when(
          condition === 'service_completed_successfully' && needed.restart !== 'no',
          `${name} waits for the end of ${other}, which starts again`,
        ),
      ];
    }),
  );

/** Broker and PostgreSQL are healthy and the migrations have ended before an app starts. */
const appsStartLast: Rule = (services) => [
  ...each(services, (name, service) => {
    if (!isApp(name)) return [];
    const { broker, migrations, rabbitmq } = dependenciesOf(service);
    return [
      ...when(rabbitmq?.condition !== 'service_healthy', `${name} does not wait for RabbitMQ where there is one`),
      ...when(broker?.condition !== 'service_healthy', `${name} does not wait for the broker`),
      ...when(migrations?.condition !== 'service_completed_successfully', `${name} does not wait for the migrations`),
    ];
  }),
  ...when(
    dependenciesOf(services['migrations'] as Service)['postgres']?.condition !== 'service_healthy',
    'the migrations do not wait for PostgreSQL',
  ),
];

/** Directly, not by way of a job that has ended: compose stops a service after those who name it. */
const dependenciesAreNamed: Rule = (services) =>
  each(services, (name, service) => {
    const environment = Object.values(service.environment ?? {}).map(withDefaults);
    const hosts = Object.keys(services).filter(
      (other) => other !== name && environment.some((value) => new RegExp(`(?:^|//|@)${other}(?:[:/;]|$)`).test(value)),
    );
    return hosts
      .filter((host) => dependenciesOf(service)[host] === undefined)
      .map((host) => `${name} talks to ${host} and does not name it: it may be stopped first`);
  });

/** Each app in the database that is named after it, at the port that is published, with variables that it reads. */
const appsAreConfigured: Rule = (services) =>
  each(services, (name, { environment = {}, ports = [] }) => {
    const app = appOf(name);
    if (app === undefined) return [];
    const known = [
      ...(variablesToSet().get(app as never) ?? []),
      ...(name === OPERATIONS ? OF_OPERATIONS : []),
      ...READ_BY_AZURE_SDK,
      ...TRACING,
      'SERVICEBUS_CONNECTION_STRING',
      'RABBITMQ_URL',
    ];
    const database = /\/([^/?]*)(\?|$)/.exec(
      withDefaults(environment['DATABASE_URL'] ?? '').replace(/^\w+:\/\//, ''),
    )?.[1];
    return [
      ...when(database !== app.replaceAll('-', '_'), `${name} uses the database ${database}`),
      ...when(
        !ports.some((port) => port.endsWith(`:${environment['PORT']}`)),
        `${name} listens on ${environment['PORT']}, which is not published`,
      ),
      ...['AUTH_ISSUER', 'AUTH_AUDIENCE']
        .filter((variable) => withDefaults(environment[variable] ?? '') === '')
        .map((variable) => `${name} does not start: it has no ${variable}`),
      ...when(
        environment['METRICS_PORT'] === undefined ||
          ports.some((port) => port.endsWith(`:${environment['METRICS_PORT']}`)),
        `the metrics of ${name} are published with everything else`,
      ),
      ...Object.keys(environment)
        .filter((variable) => !known.includes(variable))
        .map((variable) => `${name} is given ${variable}, which it does not read`),
    ];
  });

const portsStayOnThisMachine: Rule = (services) =>
  each(services, (name, { ports = [] }) =>
    ports.filter((port) => !port.startsWith('127.0.0.1:')).map((port) => `${name} is open to the network at ${port}`),
  );

/** The deadline that the apps have unless they are told another one (docs/configuration.md). */
const SHUTDOWN_SECONDS = 25;

const workIsFinished: Rule = (services) =>
  each(services, (name, service) => {
    const seconds = Number(/^(\d+)s$/.exec(service.stop_grace_period ?? '10s')?.[1]);
    return when(
      isOurs(service) && !(seconds > SHUTDOWN_SECONDS),
      `${name} takes ${SHUTDOWN_SECONDS} s to stop and is killed after ${seconds} s`,
    );
  });

/** A shell that is PID 1 ignores SIGTERM; what is ours and is no job comes back. */
const processesAreKept: Rule = (services) =>
  each(services, (name, service) => [
    ...when(
      service.entrypoint?.[0] === 'sh' && service.init !== true,
      `${name} runs a shell as PID 1, which ignores SIGTERM`,
    ),
    ...when(isOurs(service) && service.restart === undefined, `${name} stays away when it ends`),
  ]);

const volumesAreThere: Rule = (services, root) => {
  const { volumes } = readCompose(root);
  return each(services, (name, service) =>
    (service.volumes ?? []).flatMap((mount) => {
      const [source = '', , mode] = mount.split(':');
      if (!source.startsWith('.')) {
        return when(!(source in (volumes ?? {})), `${name} mounts the volume ${source}, which is not declared`);
      }
      return [
        ...when(!existsSync(join(root, source)), `${name} mounts ${source}, which does not exist`),
        ...when(mode !== 'ro', `${name} may write to ${source} of this checkout`),
      ];
    }),
  );
};

/** What is a password here can be set by who starts it, and nothing lets strangers do more than look. */
const passwordsCanBeSet: Rule = (services) =>
  each(services, (name, { environment = {} }) =>
    Object.entries(environment).flatMap(([variable, value]) => [
      ...when(/PASS(WORD)?$/.test(variable) && !/^\$\{/.test(value), `${name} has a fixed ${variable}`),
      ...when(/ANONYMOUS_ORG_ROLE$/.test(variable) && value !== 'Viewer', `${name} makes ${value} of everybody`),
    ]),
  );

/** By the port that it listens on inside, whatever it is published as. */
const neighboursAreFound: Rule = (services) =>
  each(services, (name, { environment = {} }) =>
    Object.values(environment).flatMap((value) =>
      [...withDefaults(value).matchAll(/https?:\/\/([\w-]+):(\d+)/g)]
        .filter(([, host = '', port]) => services[host] !== undefined && services[host].environment?.['PORT'] !== port)
        .map(([, host, port]) => `${name} looks for ${host} at ${port}, where it does not listen`),
    ),
  );

/** What a script of ours reads without a default is given to the service that runs it. */
const scriptsAreConfigured: Rule = (services, root) =>
  each(services, (name, { environment = {}, volumes = [] }) =>
    volumes
      .map((mount) => mount.split(':')[0] ?? '')
      .filter((source) => source.startsWith('./') && source.endsWith('.sh') && existsSync(join(root, source)))
      .flatMap((source) => {
        const text = readFileSync(join(root, source), 'utf8');
        const read = [...text.matchAll(/\$\{?([A-Z][A-Z0-9_]*)\b/g)].map(([, variable = '']) => variable);
        const set = [...text.matchAll(/\b([A-Z][A-Z0-9_]*)=/g)].map(([, variable = '']) => variable);
        return [...new Set(read)]
          .filter((variable) => !(variable in environment) && !set.includes(variable))
          .map((variable) => `${name} runs ${source} without ${variable}`);
      }),
  );

/** Microsoft's licences are accepted by who starts its images, never by this file. */
const licencesAreNotAccepted: Rule = (services) =>
  each(services, (name, { environment = {} }) =>
    when(withDefaults(environment['ACCEPT_EULA'] ?? 'N') !== 'N', `${name} accepts a licence in your name`),
  );

/** Each database that an app uses is made with PostgreSQL's volume. */
const databasesAreMade: Rule = (services, root) => {
  const sql = readFileSync(join(root, 'infra/compose/create-databases.sql'), 'utf8');
  return each(services, (name) =>
    when(
      isApp(name) && !new RegExp(`CREATE DATABASE ${appOf(name)?.replaceAll('-', '_')}\\b`, 'i').test(sql),
      `nobody makes the database of ${name}`,
    ),
  );
};

export const RULES: Readonly<Record<string, Rule>> = {
  'what is ours is unprivileged, on a read-only root': oursAreUnprivileged,
  'every other image has an exact version': imagesArePinned,
  'profiles start what they say': profilesAreThese,
  'dependencies can be met': dependenciesCanBeMet,
  'apps start last': appsStartLast,
  'apps stop first': dependenciesAreNamed,
  'apps have what they read, and their own database': appsAreConfigured,
  'operations alone serve /ops': onlyOperationsOperate,
  'both brokers are named': bothBrokersAreNamed,
  'ports stay on this machine': portsStayOnThisMachine,
  'what is in flight is finished before the kill': workIsFinished,
  'processes hear SIGTERM and come back': processesAreKept,
  'volumes and files are there': volumesAreThere,
  'RabbitMQ finds its data again': rabbitMqFindsItsData,
  'passwords can be set': passwordsCanBeSet,
  'neighbours are found': neighboursAreFound,
  'scripts are configured': scriptsAreConfigured,
  'no licence is accepted': licencesAreNotAccepted,
  'every database is made': databasesAreMade,
};

/** What is wrong with docker-compose.yml of a checkout; nothing when all is well. */
export async function composeProblems(root: string): Promise<readonly string[]> {
  const { services } = readCompose(root);
  return Object.values(RULES).flatMap((rule) => rule(services, root));
}
