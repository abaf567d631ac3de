import Long from 'long';
import type { ScheduledMessage } from '../../transport.js';
import type { SenderConnection } from './sender-connection.js';
import { translateError } from './translate-error.js';

/** What the broker answers for a message that does not wait any more. */
const notThere = 'MessageNotFound';

/**
 * Takes a scheduled message back; false when the broker does not have it any more.
 * @throws TransportError when that is not known
 */
export async function cancelScheduled(
  connection: SenderConnection,
  { to, reference }: ScheduledMessage,
): Promise<boolean> {
  const entity = 'queue' in to ? to.queue : to.topic;
  const kind = 'queue' in to ? 'queue' : 'topic';
  return connection.use(async (client) => {
    const sender = client.createSender(entity);
    try {
      await sender.cancelScheduledMessages(Long.fromString(reference));
      return true;
    } catch (error) {
      if ((error as { readonly code?: unknown }).code === notThere) return false;
      throw translateError(error, `take message ${reference} back from ${kind} "${entity}"`, kind);
    } finally {
      await sender.close();
    }
  });
}
