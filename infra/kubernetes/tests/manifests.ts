import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ScaledObject, TriggerAuthentication } from '@kubernetes-models/keda/keda.sh/v1alpha1';
import { Deployment } from 'kubernetes-models/apps/v1';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import { Job } from 'kubernetes-models/batch/v1';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap, Namespace, Service, ServiceAccount } from 'kubernetes-models/v1';
import { parse, parseAllDocuments } from 'yaml';

/** The kustomizations in the order in which they are applied, and the name of each in an overlay. */
export const KUSTOMIZATIONS = { namespace: 'namespace', migrations: 'migrations', base: 'apps' } as const;
export type Kustomization = keyof typeof KUSTOMIZATIONS;

export const REPOSITORY_ROOT = join(import.meta.dirname, '../../..');

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Labels;
    readonly annotations?: Labels;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly data?: Labels;
}
export type Labels = Readonly<Record<string, string>>;

interface KustomizationFile {
  readonly namespace?: string;
  readonly resources: readonly string[];
  readonly configMapGenerator?: readonly { readonly name: string; readonly literals: readonly string[] }[];
  readonly images?: readonly { readonly name: string; readonly newTag: string }[];
}

const MODELS = {
  ConfigMap,
  Deployment,
  HorizontalPodAutoscaler,
  Job,
  Namespace,
  NetworkPolicy,
  PodDisruptionBudget,
  ScaledObject,
  Service,
  ServiceAccount,
  TriggerAuthentication,
} as const;

/**
 * What a kustomization builds, as far as ours go (resources, namespace, generated ConfigMaps, tags): for machines
 * without kubectl, and so that each complaint is about what is written. kustomize.spec.ts holds it against kubectl.
 * @throws Error when a file of the folder is not listed, or is no YAML
 */
export function readManifests(root: string, kustomization: Kustomization): readonly Manifest[] {
  const directory = join(root, 'infra/kubernetes', kustomization);
  const file = parse(readFileSync(join(directory, 'kustomization.yaml'), 'utf8')) as KustomizationFile;
  const unlisted = readdirSync(directory).filter(
    (name) => name !== 'kustomization.yaml' && !file.resources.includes(name),
  );
  if (unlisted.length > 0) throw new Error(`${kustomization}/kustomization.yaml does not list ${unlisted.join(', ')}`);
  const tags = new Map(file.images?.map(({ name, newTag }) => [name, newTag]));
  const written = file.resources
    .flatMap((name) => parseManifests(readFileSync(join(directory, name), 'utf8')))
    .map((manifest) => withTags(manifest, tags))
    .map((manifest) => inNamespace(manifest, file.namespace));
  return [...written, ...(file.configMapGenerator ?? []).map((each) => generated(each, file.namespace))];
}

/** Everything of the three kustomizations. */
export function readAllManifests(root: string): readonly Manifest[] {
  return (Object.keys(KUSTOMIZATIONS) as Kustomization[]).flatMap((each) => readManifests(root, each));
}

/** @throws Error at the first mistake in the YAML */
export function parseManifests(text: string): readonly Manifest[] {
  return parseAllDocuments(text).map((document) => {
    if (document.errors[0]) throw document.errors[0];
    return document.toJS() as Manifest;
  });
}

/** `Deployment order-api` */
export const titleOf = ({ kind, metadata: { name } }: Manifest): string => `${kind} ${name}`;

/**
 * Checks a manifest against the schema of its kind: types and missing fields.
 * @throws Error that names the field
 */
export function validateManifest(manifest: Manifest): void {
  const Model = MODELS[manifest.kind as keyof typeof MODELS];
  if (!Model) throw new Error(`no schema for kind ${manifest.kind}`);
  new Model(manifest as never).validate();
}

function withTags(manifest: Manifest, tags: ReadonlyMap<string, string>): Manifest {
  return JSON.parse(JSON.stringify(manifest), (key, value: unknown) => {
    const tag = key === 'image' ? tags.get(value as string) : undefined;
    return tag === undefined ? value : `${value as string}:${tag}`;
  }) as Manifest;
}

function inNamespace(manifest: Manifest, namespace: string | undefined): Manifest {
  if (manifest.kind === 'Namespace' || namespace === undefined) return manifest;
  return { ...manifest, metadata: { ...manifest.metadata, namespace } };
}

function generated(
  { name, literals }: { readonly name: string; readonly literals: readonly string[] },
  namespace: string | undefined,
): Manifest {
  const data = Object.fromEntries(
    literals.map((literal) => /^([^=]+)=(.*)$/s.exec(literal)?.slice(1) ?? [literal, '']),
  );
  return inNamespace({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data }, namespace);
}
