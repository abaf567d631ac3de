import { spawnSync } from 'node:child_process';
import { expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { BASE, type Manifest, readManifests } from './manifests.ts';

it('builds with kustomize, with every image pinned', () => {
  const built = spawnSync('kubectl', ['kustomize', BASE], { encoding: 'utf8' });
  expect(built).toMatchObject({ status: 0, stderr: '' });
  const documents = parseAllDocuments(built.stdout).map((document) => document.toJS() as Manifest);
  const generated = documents.filter(({ kind }) => kind === 'ConfigMap');
  expect(documents).toHaveLength(readManifests().length + generated.length);
  expect(generated).toHaveLength(1);
  const images = [...built.stdout.matchAll(/image: (\S+)/g)].map(([, image]) => image);
  expect(images).toHaveLength(4);
  for (const image of images) expect(image).toMatch(/:\d+\.\d+\.\d+$/);
});
