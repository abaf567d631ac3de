import { z } from 'zod';

/** A moment to look at beside a chart: a deployment, a change of settings. */
export const markerView = z
  .object({
    id: z.uuid(),
    at: z.iso.datetime(),
    title: z.string(),
    service: z.string().optional(),
    version: z.string().optional(),
    actor: z.string().describe('Who said so'),
  })
  .meta({ id: 'Marker' });
export type MarkerView = z.infer<typeof markerView>;

export const markerPage = z
  .object({ items: z.array(markerView), nextCursor: z.string().optional() })
  .meta({ id: 'Markers' });
export type MarkerPage = z.infer<typeof markerPage>;
