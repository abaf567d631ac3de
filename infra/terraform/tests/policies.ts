import { ACCESS } from './policies/access.ts';
import { ALERTS } from './policies/alerts.ts';
import { APPLICATIONS } from './policies/apps.ts';
import { DATA } from './policies/data.ts';
import { NETWORK } from './policies/network.ts';
import type { Policies } from './policies/planned.ts';

/** What every plan must obey, by what it promises. */
export const POLICIES: Policies = { ...ACCESS, ...NETWORK, ...APPLICATIONS, ...ALERTS, ...DATA };
