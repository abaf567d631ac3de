import type { Fault } from './fault.ts';

const base = 'infra/kubernetes/base';
const policies = 'infra/kubernetes/namespace/network-policies.yaml';

/** Whose tokens are taken, and who may read metrics. */
export const ACCESS: readonly Fault[] = [
  {
    name: 'nobody whose tokens are taken',
    file: `${base}/kustomization.yaml`,
    find: '      - AUTH_ISSUER=https://login.example.com\n',
    replace: '',
    caughtBy: { kubernetes: 'order-worker is not given AUTH_ISSUER' },
  },
  {
    name: 'keys that anybody in between can replace',
    file: `${base}/kustomization.yaml`,
    find: 'AUTH_JWKS_URL=https:',
    replace: 'AUTH_JWKS_URL=http:',
    caughtBy: { kubernetes: 'billing-worker trusts whoever answers for AUTH_JWKS_URL' },
  },
  {
    name: 'metrics beside everything else',
    file: `${base}/kustomization.yaml`,
    find: 'METRICS_PORT=9464',
    replace: 'METRICS_PORT=3000',
    caughtBy: { kubernetes: 'order-api shows its metrics to whoever may order' },
  },
  {
    name: 'a Prometheus that may ask for anything',
    file: policies,
    find: '      ports:\n        - protocol: TCP\n          port: 9464\n',
    replace: '',
    caughtBy: { kubernetes: 'Prometheus may ask order-worker for more than metrics' },
  },
];
