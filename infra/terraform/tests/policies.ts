import { ACCESS } from './policies/access.ts';
import { ALERT_SENSE } from './policies/alert-sense.ts';
import { ALERTS } from './policies/alerts.ts';
import { APPLICATIONS } from './policies/apps.ts';
import { DATA } from './policies/data.ts';
import { EDGES } from './policies/edges.ts';
import { NETWORK } from './policies/network.ts';
import { OPERATIONS } from './policies/operations.ts';
import type { Policies } from './policies/planned.ts';

/** What every plan must obey, by what it promises. */
export const POLICIES: Policies = {
  ...ACCESS,
  ...NETWORK,
  ...EDGES,
  ...APPLICATIONS,
  ...OPERATIONS,
  ...ALERTS,
  ...ALERT_SENSE,
  ...DATA,
};
