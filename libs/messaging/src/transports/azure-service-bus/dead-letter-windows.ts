import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import Long from 'long';
import type { DeadLetter, WholeDeadLetter } from '../../dead-letter/dead-letters.js';
import { readDeadLetter } from '../../dead-letter/describe-dead-letter.js';
import type { ResolvedSelection } from '../../dead-letter/selection.js';
import { brokerFacts, fromServiceBusMessage } from './service-bus-message.js';

/** How many letters one look returns that only counts. */
const countedAtOnce = 200;

interface WindowOptions {
  readonly place: string;
  readonly tail: Long;
  readonly selection: ResolvedSelection;
  /** How many letters one look returns. */
  readonly size: number;
}

/** Some dead letters that follow each other, looked at and not taken. */
export interface Window {
  /** The places of what was chosen of them. */
  readonly chosen: Set<string>;
  /** The places of all of them, in order. */
  readonly places: ReadonlySet<string>;
}

/**
 * Looks through what is there up to `tail`, oldest first, a window at a time so that memory does not grow with the queue.
 * Ends behind that, or once as many were chosen as are wanted.
 */
export async function* windowsOf(
  receiver: ServiceBusReceiver,
  { place, tail, selection, size }: WindowOptions,
): AsyncGenerator<Window> {
  const { isNamed, isChosen, limit } = selection;
  if (tail.isZero()) return;
  const look = (fromSequenceNumber: Long): Promise<ServiceBusReceivedMessage[]> => {
    const found = receiver.peekMessages(size, { fromSequenceNumber });
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
    const chosen = new Set<string>();
    const places = new Set<string>();
    for (const message of messages) {
      if (chosen.size === left || numberOf(message).greaterThan(tail)) break;
      const found = String(numberOf(message));
      places.add(found);
      if (isNamed(found) && isChosen(describe(message, place))) chosen.add(found);
    }
    left -= chosen.size;
    yield { chosen, places };
    if (isLast) return;
  }
}

/** A dead letter as it was received or looked at. */
export function describe(message: ServiceBusReceivedMessage, place: string): DeadLetter {
  return readWhole(message, place).letter;
}

/** The same, with the message itself. */
export function readWhole(message: ServiceBusReceivedMessage, place: string): WholeDeadLetter {
  return readDeadLetter(fromServiceBusMessage(message), {
    ...brokerFacts(message, place),
    place: String(message.sequenceNumber),
    reason: message.deadLetterReason,
    detail: message.deadLetterErrorDescription,
    deliveryCount: message.deliveryCount ?? 0,
  });
}

/** The place of the last letter there is, found with a number of looks that grows with its logarithm; 0 when there is none. */
export async function lastPlace(receiver: ServiceBusReceiver): Promise<Long> {
  const firstFrom = async (from: Long): Promise<Long | undefined> =>
    (await lookBriefly(receiver, 1, from))[0]?.sequenceNumber;
  let last = await firstFrom(Long.ONE);
  if (last === undefined) return Long.ZERO;
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

/** How many letters there are up to `tail`, whoever has locked them. */
export async function countUpTo(receiver: ServiceBusReceiver, tail: Long): Promise<number> {
  let count = 0;
  for (let from = Long.ONE; from.lessThanOrEqual(tail); ) {
    const found = await lookBriefly(receiver, countedAtOnce, from);
    const last = found.at(-1);
    if (last === undefined) break;
    count += found.filter((message) => numberOf(message).lessThanOrEqual(tail)).length;
    from = numberOf(last).add(1);
  }
  return count;
}

/** `omitMessageBody` is missing from the published type; where it should be ignored, bodies come along unread. */
function lookBriefly(
  receiver: ServiceBusReceiver,
  count: number,
  fromSequenceNumber: Long,
): Promise<ServiceBusReceivedMessage[]> {
  const options = { fromSequenceNumber, omitMessageBody: true };
  return receiver.peekMessages(count, options);
}

function numberOf({ sequenceNumber }: ServiceBusReceivedMessage): Long {
  return sequenceNumber ?? Long.ZERO;
}
