import type { Fault } from './fault.ts';

const settings = 'infra/kubernetes/settings/kustomization.yaml';
const guide = 'docs/kubernetes.md';

/** Followed: every command of the guide is run, with stand-ins for Azure and the cluster. */
const GUIDE: readonly Fault[] = [
  {
    name: 'migrations before their namespace',
    file: guide,
    find: 'kubectl apply -k "$OVERLAY/namespace"\n',
    replace: '',
    caughtBy: { guide: 'is applied before its namespace orderflow' },
  },
  {
    name: 'apps that do not wait for their migrations',
    file: guide,
    find: 'kubectl apply -k "$OVERLAY/migrations" && migrated\n',
    replace: 'kubectl apply -k "$OVERLAY/migrations"\n',
    caughtBy: { guide: 'starts before its migration has ended' },
  },
  {
    name: 'a job with the same name in every release',
    file: settings,
    find: '      - select:\n          kind: Job\n        fieldPaths:\n          - metadata.name\n        options:\n          delimiter: "-"\n          index: 3\n',
    replace: '',
    caughtBy: { guide: 'the template of a job cannot be changed' },
  },
  {
    name: 'a secret that is forgotten',
    file: guide,
    find: '  | kubectl apply -f -\n',
    replace: '  > /dev/null\n',
    caughtBy: { guide: 'billing-worker starts before the Secret billing-worker is there' },
  },
  {
    name: 'a setting that goes nowhere',
    file: settings,
    find: 'labelSelector: app.kubernetes.io/name=migrate-billing-worker',
    replace: 'name: migrate-billing-worker-.*',
    caughtBy: { guide: 'the migration of billing-worker lets in orderflow-billing-worker' },
  },
  {
    name: 'a scaler that is trusted in another namespace',
    file: 'infra/terraform/modules/system/variables.tf',
    find: 'keda_namespace  = optional(string, "kube-system")',
    replace: 'keda_namespace  = optional(string, "keda")',
    caughtBy: { guide: 'and is trusted in keda' },
  },
];

/** Each alone: a command that fails ends the walk. */
export const KUBERNETES_GUIDE_FAULTS: readonly (readonly Fault[])[] = GUIDE.map((fault) => [fault]);
