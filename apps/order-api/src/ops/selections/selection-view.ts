import { z } from 'zod';
import { letterView } from '../dead-letter-index/letter-view.js';

/** A frozen filter. */
export const selectionView = z
  .object({
    id: z.uuid(),
    queue: z.string(),
    filter: z.record(z.string(), z.unknown()),
    count: z.int().describe('Letters that were chosen'),
    bytes: z.int().describe('Of their bodies'),
    passedOver: z.int().describe('Letters that have to be locked and handed back on the way'),
    groups: z.array(z.object({ id: z.string(), count: z.int() })).describe('Most letters first, 100 at most'),
    sample: z.array(letterView).describe('The first 5'),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime().describe('Until when it can be used'),
  })
  .meta({ id: 'Selection' });
export type SelectionView = z.infer<typeof selectionView>;
