import { z } from 'zod';
import { type Contract, defineContract } from './contract.js';
import { instant, messageId } from './fields.js';
import { instantInMilliseconds } from './legacy-instant.js';

const activitySchema = z.object({ eventId: messageId, occurredAt: instant });

/** Something a user did. */
export type Activity = z.infer<typeof activitySchema>;

/** The same as producers wrote it before messages had versions. */
export interface LegacyActivity {
  readonly event_id: string;
  readonly type: string;
  readonly ts: string;
}

/** Version 1 of an activity event. */
export function activity(type: string): Contract<Activity> {
  return defineContract<Activity>({ type, version: 1, kind: 'event', schema: activitySchema });
}

/** Version 0 of an activity event, and its way to version 1. */
export function legacyActivity(to: Contract<Activity>): Contract<LegacyActivity> {
  return defineContract<LegacyActivity>({
    type: to.type,
    version: 0,
    kind: 'event',
    schema: z.object({ event_id: messageId, type: z.literal(to.type, `must be ${to.type}`), ts: instant }),
    messageId: (payload) => payload.event_id,
    upcast: {
      to,
      convert: ({ event_id, ts }): Activity => ({ eventId: event_id, occurredAt: instantInMilliseconds(ts) }),
    },
  });
}
