import type { DeadLetters, QueueInspection, WholeDeadLetter } from '@orderflow/messaging';
import type { CheckEdit } from '../edits/check-edit.js';
import type { RedactBody } from '../payload/redact-payload.js';
import { reachBroker } from './dead-letters-of.js';

/** What the ops module asks the broker for. */
export class OpsBroker {
  readonly deadLetters: DeadLetters;
  /** Undefined where this broker is not asked for counts. */
  readonly inspection: QueueInspection | undefined;
  /** A body without what is about a person. */
  readonly redact: RedactBody;
  /** Refuses an edited message that its consumer could not read. */
  readonly checkEdit: CheckEdit;

  constructor(parts: Pick<OpsBroker, 'deadLetters' | 'inspection' | 'redact' | 'checkEdit'>) {
    this.deadLetters = parts.deadLetters;
    this.inspection = parts.inspection;
    this.redact = parts.redact;
    this.checkEdit = parts.checkEdit;
  }

  /**
   * The letter in a place; undefined when it is not there any more, or another one is.
   * @throws Problem when the broker does not answer
   */
  async read(queue: string, place: string, messageId: string): Promise<WholeDeadLetter | undefined> {
    const [found] = await reachBroker(this.deadLetters.read(queue, [place]));
    return found?.letter.id === messageId ? found : undefined;
  }
}
