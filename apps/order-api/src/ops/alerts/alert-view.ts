import { z } from 'zod';
import { alertKinds } from './finding.js';

const instant = z.iso.datetime();

/** Something that somebody has to look at, or had to. */
export const alertView = z
  .object({
    id: z.uuid(),
    fingerprint: z.string().describe('What alerts are the same by: one of them is open at a time'),
    queue: z.string(),
    kind: z.enum(alertKinds),
    value: z.number().describe('At the last look that saw it'),
    threshold: z.number().describe('It is open while the value is above'),
    detail: z.string(),
    state: z.enum(['open', 'recovered']),
    since: instant,
    lastSeen: instant,
    recoveredAt: instant.optional(),
    notifiedAt: instant.optional().describe('When it was told: logged, and taken by the webhook where there is one'),
    mutedUntil: instant.optional().describe('Nobody is told before; absent when that is over'),
  })
  .meta({ id: 'Alert' });
export type AlertView = z.infer<typeof alertView>;

export const alertPage = z
  .object({ items: z.array(alertView), nextCursor: z.string().optional() })
  .meta({ id: 'Alerts' });
export type AlertPage = z.infer<typeof alertPage>;
