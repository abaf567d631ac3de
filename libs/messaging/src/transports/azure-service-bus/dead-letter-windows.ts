import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import Long from 'long';
import type { DeadLetter } from '../../dead-letter/dead-letters.js';
import { describeDeadLetter } from '../../dead-letter/describe-dead-letter.js';
import type { ResolvedSelection } from '../../dead-letter/selection.js';
import { brokerFacts, fromServiceBusMessage } from './service-bus-message.js';

/** How many letters one look returns. */
const windowSize = 200;

/** Some dead letters that follow each other, looked at and not taken. */
export interface Window {
  /** What was chosen of them, by place. */
  readonly chosen: Map<string, DeadLetter>;
  /** All of them, by place. */
  readonly places: ReadonlySet<string>;
}

/**
 * Looks through what is there now, oldest first, a window at a time so that memory does not grow with the queue. Ends
 * behind the last letter that was there at the start, or once as many were chosen as are wanted.
 */
export async function* windowsOf(
  receiver: ServiceBusReceiver,
  place: string,
  { isChosen, limit }: ResolvedSelection,
): AsyncGenerator<Window> {
  const tail = await lastPlace(receiver);
  if (tail === undefined) return;
  const look = (fromSequenceNumber: Long): Promise<ServiceBusReceivedMessage[]> => {
    const found = receiver.peekMessages(windowSize, { fromSequenceNumber });
    found.catch(() => {}); // the next look is under way while the last is worked on, and may not be waited for
    return found;
  };
  let left = limit;
  for (let looked = look(Long.ONE); left > 0; ) {
    const messages = await looked;
    const last = messages.at(-1);
    if (last === undefined) return;
    const isLast = numberOf(last).greaterThanOrEqual(tail);
    if (!isLast) looked = look(numberOf(last).add(1));
    const chosen = new Map<string, DeadLetter>();
    const places = new Set<string>();
    for (const message of messages) {
      if (chosen.size === left || numberOf(message).greaterThan(tail)) break;
      const letter = describe(message, place);
      places.add(letter.place);
      if (isChosen(letter)) chosen.set(letter.place, letter);
    }
    left -= chosen.size;
    yield { chosen, places };
    if (isLast) return;
  }
}

/** A dead letter as it was received or looked at. */
export function describe(message: ServiceBusReceivedMessage, place: string): DeadLetter {
  return describeDeadLetter(fromServiceBusMessage(message), {
    ...brokerFacts(message, place),
    place: String(message.sequenceNumber),
    reason: message.deadLetterReason,
    detail: message.deadLetterErrorDescription,
    deliveryCount: message.deliveryCount ?? 0,
  });
}

/** The place of the last letter there is, found with a number of looks that grows with its logarithm; undefined when there is none. */
async function lastPlace(receiver: ServiceBusReceiver): Promise<Long | undefined> {
  // `omitMessageBody` is missing from the published type; where it should be ignored, bodies come along unread.
  const firstFrom = async (from: Long): Promise<Long | undefined> => {
    const options = { fromSequenceNumber: from, omitMessageBody: true };
    return (await receiver.peekMessages(1, options))[0]?.sequenceNumber;
  };
  let last = await firstFrom(Long.ONE);
  if (last === undefined) return undefined;
  let none = Long.MAX_VALUE;
  for (let step = Long.ONE; none.subtract(last).greaterThan(step); step = step.multiply(2)) {
    const probe: Long = last.add(step);
    const found = await firstFrom(probe);
    if (found === undefined) none = probe;
    else last = found;
    if (found === undefined) break;
  }
  while (none.subtract(last).greaterThan(1)) {
    const probe: Long = last.add(none.subtract(last).divide(2));
    const found = await firstFrom(probe);
    if (found === undefined) none = probe;
    else last = found;
  }
  return last;
}

function numberOf({ sequenceNumber }: ServiceBusReceivedMessage): Long {
  return sequenceNumber ?? Long.ZERO;
}
