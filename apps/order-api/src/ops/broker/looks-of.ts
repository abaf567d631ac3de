import type { DeadLetters, QueueInspection } from '@orderflow/messaging';
import type { MessagingResources } from '@orderflow/service-kit';
import { deadLettersOf } from './dead-letters-of.js';
import { ExclusiveLooks } from './exclusive-looks.js';

/** How dead letters are looked at and counted: one look at a time where they are handed out for it. */
export function looksOf({ transport, pool }: Pick<MessagingResources, 'transport' | 'pool'>): {
  readonly deadLetters: DeadLetters;
  readonly inspection: QueueInspection | undefined;
} {
  const { capabilities, inspection } = transport;
  const deadLetters = deadLettersOf(transport);
  if (capabilities.browsing !== 'requeue') return { deadLetters, inspection };
  const looks = new ExclusiveLooks({ pool, deadLetters, inspection });
  return { deadLetters: looks, inspection: looks.inspection };
}
