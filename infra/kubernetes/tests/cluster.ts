import { isDeepStrictEqual } from 'node:util';
import type { Step } from './guide.ts';
import { type Manifest, titleOf } from './manifests.ts';
import { type Container, OPERATIONS, type Pod, workloadsOf } from './workloads.ts';

/** Operations use the database of order-api. */
const databaseOwner = (app: string): string => (app === OPERATIONS.name ? 'order-api' : app);

/** What the API of Kubernetes, or a pod that starts, would object to when steps are done in this order. */
export function problemsOfSteps(steps: readonly Step[]): readonly string[] {
  const cluster = new Cluster();
  return steps.flatMap((step) => (step.kind === 'apply' ? cluster.apply(step.manifests) : cluster.wait(step.job)));
}

class Cluster {
  readonly #objects = new Map<string, Manifest>();
  readonly #finished = new Set<string>();

  apply(manifests: readonly Manifest[]): readonly string[] {
    const problems = manifests.flatMap((manifest) => this.#add(manifest));
    return [...problems, ...manifests.flatMap((manifest) => this.#start(manifest))];
  }

  wait(job: string): readonly string[] {
    if (!this.#has('Job', job)) return [`the guide waits for the job ${job}, which is not there`];
    this.#finished.add(job);
    return [];
  }

  #has(kind: string, name: string | undefined): boolean {
    return this.#objects.has(`${kind} ${name}`);
  }

  #add(manifest: Manifest): readonly string[] {
    const title = titleOf(manifest);
    const { namespace } = manifest.metadata;
    if (namespace !== undefined && !this.#has('Namespace', namespace)) {
      return [`${title} is applied before its namespace ${namespace}`];
    }
    const before = this.#objects.get(title);
    this.#objects.set(title, manifest);
    return manifest.kind === 'Job' && before !== undefined && !isDeepStrictEqual(before.spec, manifest.spec)
      ? [`${title} is there already: the template of a job cannot be changed`]
      : [];
  }

  /** Its pods start only with all that they name, and an app only on a database of its own release. */
  #start(manifest: Manifest): readonly string[] {
    return workloadsOf([manifest]).flatMap(({ name, pod, container }) => [
      ...namedBy(pod, container)
        .filter(([kind, named]) => !this.#has(kind, named))
        .map(([kind, named]) => `${name} starts before the ${kind} ${named} is there`),
      ...(manifest.kind === 'Deployment' ? this.#missingMigration(name, container.image) : []),
    ]);
  }

  #missingMigration(app: string, image: string): readonly string[] {
    const release = image.slice(image.lastIndexOf(':') + 1);
    return this.#finished.has(`migrate-${databaseOwner(app)}-${release}`)
      ? []
      : [`${app}:${release} starts before its migration has ended`];
  }
}

const namedBy = (pod: Pod, { envFrom = [], env = [] }: Container): [string, string][] => [
  ['ServiceAccount', pod.serviceAccountName ?? 'default'],
  ...envFrom.flatMap(({ configMapRef }): [string, string][] =>
    configMapRef ? [['ConfigMap', configMapRef.name]] : [],
  ),
  ...env.flatMap(({ valueFrom }): [string, string][] =>
    valueFrom?.secretKeyRef ? [['Secret', valueFrom.secretKeyRef.name]] : [],
  ),
];
