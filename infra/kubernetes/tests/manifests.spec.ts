import { describe, expect, it } from '@jest/globals';
import { POLICIES } from './kubernetes-problems.ts';
import { unknownFields } from './unknown-fields.ts';
import { readAllManifests, REPOSITORY_ROOT, titleOf, validateManifest } from './manifests.ts';

const manifests = readAllManifests(REPOSITORY_ROOT);

describe('the manifests', () => {
  it.each(Object.entries(POLICIES))('%s', (_, policy) => {
    expect(policy(manifests)).toEqual([]);
  });

  it('have no field that the API does not know', async () => {
    expect(await unknownFields(REPOSITORY_ROOT)).toEqual([]);
  });

  it('are checked for the types of their fields', () => {
    const scaledObject = manifests.find((manifest) => titleOf(manifest) === 'ScaledObject order-worker');
    const broken = { ...scaledObject, spec: { ...scaledObject?.spec, minReplicaCount: 'two' } };
    expect(() => validateManifest(broken as never)).toThrow(/minReplicaCount/);
  });
});
