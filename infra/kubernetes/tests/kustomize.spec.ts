import { spawnSync } from 'node:child_process';
import { expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { directoryOf, KUSTOMIZATIONS, type Manifest, readManifests } from './manifests.ts';

it.each(KUSTOMIZATIONS)('%s builds with kustomize, with every image pinned', (kustomization) => {
  const built = spawnSync('kubectl', ['kustomize', directoryOf(kustomization)], { encoding: 'utf8' });
  expect(built).toMatchObject({ status: 0, stderr: '' });
  const documents = parseAllDocuments(built.stdout).map((document) => document.toJS() as Manifest);
  const written = documents.filter(({ kind }) => kind !== 'ConfigMap');
  expect(written).toHaveLength(readManifests(kustomization).length);
  const images = [...built.stdout.matchAll(/image: (\S+)/g)].map(([, image]) => image);
  expect(images).toHaveLength(4);
  for (const image of images) expect(image).toMatch(/:\d+\.\d+\.\d+$/);
});
