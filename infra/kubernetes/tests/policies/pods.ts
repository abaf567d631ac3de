import { isDeepStrictEqual } from 'node:util';
import { APPS, type App, type Container, ofKind, OPERATIONS, type Pod, workloadsOf } from '../workloads.ts';
import { type Policy, when } from './policy.ts';

/** What the restricted profile of Kubernetes' pod security standards asks for, and a read-only root besides. */
export const unprivileged: Policy = (manifests) =>
  workloadsOf(manifests).flatMap(({ name, pod, pod: { securityContext = {} }, container }) => [
    ...when(
      securityContext['runAsNonRoot'] !== true || !(Number(securityContext['runAsUser']) > 0),
      `${name} may run as root`,
    ),
    ...when(
      (securityContext['seccompProfile'] as { type?: string } | undefined)?.type !== 'RuntimeDefault',
      `${name} has no seccomp profile`,
    ),
    ...when(
      container.securityContext?.['readOnlyRootFilesystem'] !== true,
      `${name} can write to its root file system`,
    ),
    ...when(container.securityContext?.['allowPrivilegeEscalation'] !== false, `${name} may gain privileges`),
    ...when(
      !isDeepStrictEqual(container.securityContext?.['capabilities'], { drop: ['ALL'] }),
      `${name} keeps capabilities`,
    ),
    ...when(pod.automountServiceAccountToken !== false, `${name} is given a token for the API of Kubernetes`),
  ]);

/** One container, which every rule here looks at, with nothing of the node it runs on. */
export const podsAreContained: Policy = (manifests) =>
  workloadsOf(manifests).flatMap(({ name, pod }) => [
    ...when(
      pod.containers.length + (pod.initContainers ?? []).length !== 1,
      `${name} has containers besides its own, which no rule looks at`,
    ),
    ...when(
      pod.hostNetwork === true || pod.hostPID === true || pod.hostIPC === true,
      `${name} shares network or processes with its node`,
    ),
    ...(pod.volumes ?? [])
      .filter(({ hostPath }) => hostPath !== undefined)
      .map((volume) => `${name} mounts a folder of its node as ${volume.name}`),
  ]);

/** A tag other than latest, or a digest: what runs can be named, and put back. */
export const imagesArePinned: Policy = (manifests) =>
  workloadsOf(manifests).flatMap(({ name, container: { image } }) =>
    when(!/(:(?!latest$)[\w][\w.-]*|@sha256:[0-9a-f]{64})$/.test(image), `${name} runs ${image}, which is not pinned`),
  );

const PROBES = {
  startupProbe: '/health/startup',
  livenessProbe: '/health/live',
  readinessProbe: '/health/ready',
} as const;

/** Liveness asks for nothing but the process: a restart brings no database back. */
export const appsAreProbed: Policy = (manifests) =>
  deployments(manifests).flatMap(({ name, container }) => {
    const port = portOf(container);
    return [
      ...when(port === undefined || port !== portWanted(name), `${name} listens on port ${port}`),
      ...Object.entries(PROBES).flatMap(([probe, path]) => {
        const asked = container[probe as keyof typeof PROBES]?.httpGet;
        return when(asked?.path !== path || asked.port !== 'http', `${name} has no ${probe} at ${path}`);
      }),
    ];
  });

/** PORT and the port that is named http are the same; Prometheus is told of METRICS_PORT, which is another one. */
export const portsAgree: Policy = (manifests) =>
  deployments(manifests).flatMap(({ name, container, variables, annotations }) => {
    const port = String(portOf(container));
    const metrics = variables.get('METRICS_PORT');
    return [
      ...when(metrics === port, `${name} shows its metrics to whoever may order`),
      ...when(variables.get('PORT') !== port, `${name} is told to listen on ${variables.get('PORT')}, not on ${port}`),
      ...when(variables.get('HOST') !== '0.0.0.0', `${name} does not listen where the cluster asks`),
      ...when(
        annotations['prometheus.io/scrape'] !== 'true' ||
          annotations['prometheus.io/port'] !== metrics ||
          annotations['prometheus.io/path'] !== '/metrics',
        `${name} is not scraped by Prometheus at ${metrics}/metrics`,
      ),
    ];
  });

/** Whoever is called by a name that it does not know refuses: each app knows every name of its service in the cluster. */
export const namesAreKnown: Policy = (manifests) =>
  deployments(manifests).flatMap(({ name, variables }) => {
    const hosts = (variables.get('ALLOWED_HOSTS') ?? '').split(/,\s*/);
    return ofKind(manifests, 'Service')
      .filter(({ metadata }) => metadata.name === name)
      .flatMap(({ metadata: { namespace } }) =>
        ['', `.${namespace}`, `.${namespace}.svc`, `.${namespace}.svc.cluster.local`]
          .filter((domain) => !hosts.includes(`${name}${domain}`))
          .map((domain) => `${name} refuses who calls it ${name}${domain}`),
      );
  });

const MARGIN_SECONDS = 10;

/** The app's own deadline ends first, with time to log and to close; Kubernetes' default grace is 30 s. */
export const workIsFinished: Policy = (manifests) =>
  deployments(manifests).flatMap(({ name, variables, pod: { terminationGracePeriodSeconds = 30 } }) => {
    const timeout = secondsOf(variables.get('SHUTDOWN_TIMEOUT') ?? '');
    return when(
      !(timeout + MARGIN_SECONDS <= terminationGracePeriodSeconds),
      `${name} takes ${timeout} s to stop and is killed after ${terminationGracePeriodSeconds} s`,
    );
  });

/** Memory has a limit, CPU none: a busy neighbour is shared with, a leak is ended. */
export const resourcesAreKnown: Policy = (manifests) =>
  workloadsOf(manifests).flatMap(({ name, container: { resources } }) => [
    ...when(!resources?.requests?.['cpu'] || !resources.requests['memory'], `${name} requests no CPU or memory`),
    ...when(!resources?.limits?.['memory'], `${name} has no limit of memory`),
  ]);

/** What is mounted is there, and what an app writes (nothing but /tmp) is mounted. */
export const volumesAreThere: Policy = (manifests) =>
  workloadsOf(manifests).flatMap(({ kind, name, pod, container }) => [
    ...when(kind === 'Deployment' && !mounts(container).includes('tmp'), `${name} has no /tmp to write to`),
    ...mounts(container)
      .filter((mount) => !volumesOf(pod).includes(mount))
      .map((mount) => `${name} mounts ${mount}, which is no volume of its pod`),
  ]);

const deployments = (manifests: Parameters<Policy>[0]) =>
  workloadsOf(manifests).filter(({ kind }) => kind === 'Deployment');
const portWanted = (name: string): number | undefined =>
  name === OPERATIONS.name ? OPERATIONS.port : APPS[name as App]?.port;
const portOf = ({ ports = [] }: Container) => ports.find(({ name }) => name === 'http')?.containerPort;
const mounts = ({ volumeMounts = [] }: Container) => volumeMounts.map(({ name }) => name);
const volumesOf = ({ volumes = [] }: Pod) => volumes.map(({ name }) => name);

/** Of `45s` or `2m`; NaN for anything else. */
const secondsOf = (duration: string): number => {
  const [, count, unit] = /^(\d+)(s|m)$/.exec(duration) ?? [];
  return Number(count) * (unit === 'm' ? 60 : 1);
};
