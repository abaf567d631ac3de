import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ScaledObject, TriggerAuthentication } from '@kubernetes-models/keda/keda.sh/v1alpha1';
import { Deployment } from 'kubernetes-models/apps/v1';
import { Job } from 'kubernetes-models/batch/v1';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { Namespace, Service, ServiceAccount } from 'kubernetes-models/v1';
import { parseAllDocuments } from 'yaml';

/** What an overlay builds on, and the jobs that run before it. */
export const KUSTOMIZATIONS = ['base', 'migrations'] as const;
export type Kustomization = (typeof KUSTOMIZATIONS)[number];

export const directoryOf = (kustomization: Kustomization): string => join(import.meta.dirname, '..', kustomization);

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec?: Readonly<Record<string, unknown>>;
}

const MODELS = {
  Deployment,
  Job,
  Namespace,
  NetworkPolicy,
  PodDisruptionBudget,
  ScaledObject,
  Service,
  ServiceAccount,
  TriggerAuthentication,
} as const;

/** Every document of a kustomization's files, kustomization.yaml left out. */
export function readManifests(kustomization: Kustomization): readonly Manifest[] {
  const directory = directoryOf(kustomization);
  return readdirSync(directory)
    .filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml')
    .flatMap((file) => parseAllDocuments(readFileSync(join(directory, file), 'utf8')))
    .map((document) => {
      if (document.errors[0]) throw document.errors[0];
      return document.toJS() as Manifest;
    });
}

/**
 * Checks a manifest against the schema of its kind: types and missing fields.
 * @throws Error that names the field
 */
export function validateManifest(manifest: Manifest): void {
  const Model = MODELS[manifest.kind as keyof typeof MODELS];
  if (!Model) throw new Error(`no schema for kind ${manifest.kind}`);
  new Model(manifest as never).validate();
}
