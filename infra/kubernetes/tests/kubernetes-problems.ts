import { type Manifest, readAllManifests } from './manifests.ts';
import * as identity from './policies/identity.ts';
import * as network from './policies/network.ts';
import * as pods from './policies/pods.ts';
import type { Policy } from './policies/policy.ts';
import * as references from './policies/references.ts';
import * as scaling from './policies/scaling.ts';

export const POLICIES: Readonly<Record<string, Policy>> = {
  'every manifest follows the schema of its kind': references.schemasAreFollowed,
  'everything is in the one namespace': references.everythingIsInTheNamespace,
  'what is named exists': references.whatIsNamedExists,
  'selectors select': references.selectorsSelect,
  'every pod is unprivileged, on a read-only root': pods.unprivileged,
  'every pod is contained': pods.podsAreContained,
  'every image is pinned': pods.imagesArePinned,
  'every app is probed where it answers': pods.appsAreProbed,
  'ports agree': pods.portsAgree,
  'every name of a service is known to its app': pods.namesAreKnown,
  'what is in flight is finished before the kill': pods.workIsFinished,
  'resources are known': pods.resourcesAreKnown,
  'volumes are there': pods.volumesAreThere,
  'every workload has an identity': identity.workloadsHaveIdentities,
  "each database is one app's own": identity.databasesAreTheirOwn,
  'each database is migrated, and lets its app in': identity.databasesAreMigrated,
  'variables are those of the config schemas': identity.variablesAreThoseOfTheSchema,
  'issuers are reached over TLS': identity.issuersAreReachedOverTls,
  'no secret is written down': identity.secretsAreNotWritten,
  'nothing is open by default': network.nothingIsOpenByDefault,
  'what is needed can be reached': network.neededIsReachable,
  'no more than needed is open': network.noMoreThanNeeded,
  'the doors are the right ones': network.doorsAreTheRightOnes,
  'nothing public serves /ops': network.nothingPublicOperates,
  'apps scale on their queue': scaling.appsScaleOnTheirQueue,
  'only the scaler manages': scaling.onlyTheScalerManages,
  'order-api scales by load': scaling.theApiScalesByLoad,
  'one owner of the number of replicas': scaling.oneOwnerOfTheNumber,
  'PostgreSQL has connections for every replica': scaling.replicasFitTheDatabase,
  'someone is always there': scaling.someoneIsAlwaysThere,
};

/** What is wrong with these manifests; nothing when all is well. */
export const problemsOf = (manifests: readonly Manifest[]): readonly string[] =>
  Object.values(POLICIES).flatMap((policy) => policy(manifests));

/** What is wrong with the Kubernetes files of a checkout, as they are written. */
export async function kubernetesProblems(root: string): Promise<readonly string[]> {
  try {
    return problemsOf(readAllManifests(root));
  } catch (error) {
    return [(error as Error).message];
  }
}
