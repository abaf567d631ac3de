import {
  attemptOf,
  type DeliveryState,
  type Isolate,
  neverBegun,
  nextRound,
  unsettledOf,
} from '../../delivery-state.js';

/**
 * What the state of a session says of the message at its head. A broker does not count a delivery whose session was
 * closed, nor one whose connection ended with its process, so attempts are counted here.
 */
export interface SessionRecord {
  /** The message it was written for. */
  readonly sequence: string;
  /** Its attempts that are over. */
  readonly attempts: number;
  /** Its deliveries in this round that ended without a settlement. */
  readonly unsettled: number;
  /** As {@link DeliveryState.inCompany}. */
  readonly inCompany?: number;
  /** What the broker had counted then. */
  readonly deliveryCount: number;
  readonly firstFailure?: string;
  /**
   * True while messages of the session are handled. Found by the next holder it says that the last one ended without a
   * word, and with it the handling of what is at the head now.
   */
  readonly isOpen: boolean;
  /** Until when it waits to be tried again, in milliseconds since 1970, and how long that is from its beginning. */
  readonly wait?: { readonly until: number; readonly delayMs: number };
}

/** How far a message has come. */
export interface Reached {
  /** Of the try that comes now. */
  readonly attempt: number;
  readonly unsettled: number;
  readonly inCompany?: number;
  readonly firstFailure?: string;
}

/** The part of a message of a session that counts here. */
interface Known {
  readonly state: DeliveryState;
  readonly deliveryCount: number;
  readonly sequence: string;
}

/** How far the message at the head has come, by the record that was found with its session. */
export function reachedBy(message: Known, record: SessionRecord | undefined): Reached {
  const { state, deliveryCount, sequence } = message;
  if (record?.sequence === sequence) {
    const { attempts, unsettled, isOpen } = record;
    // One ended, whether the broker noticed or not; it may have counted more.
    const ended = isOpen ? Math.max(1, deliveryCount - record.deliveryCount) : 0;
    const counts = { attempt: attempts + ended + 1, unsettled: unsettled + ended };
    return { ...counts, ...kept(state), ...kept(record) };
  }
  // The one it was written for is gone: what is at the head now may have been in hand when its holder ended.
  const counted = record?.isOpen === true ? Math.max(1, deliveryCount) : deliveryCount;
  const counts = { attempt: attemptOf(state, counted), unsettled: unsettledOf(state, counted) };
  return { ...counts, ...kept(state) };
}

/** How far it has come when it is isolated. */
export function isolated(reached: Reached, isolate: Isolate): Reached {
  const { attempt, unsettled } = reached;
  return { ...reached, attempt: attempt - neverBegun(unsettled, isolate), inCompany: unsettled };
}

/** To be written before a message is handled. */
export function opened(message: Known, reached: Reached): SessionRecord {
  return { ...recordOf(message, reached), isOpen: true };
}

/** To be written when a message was handed back as it is; undefined when there is nothing to remember of it. */
export function handedBack(message: Known, reached: Reached): SessionRecord | undefined {
  const fresh = reachedBy(message, undefined);
  const isFresh =
    reached.attempt === fresh.attempt && reached.unsettled === fresh.unsettled && reached.inCompany === fresh.inCompany;
  return isFresh ? undefined : recordOf(message, reached);
}

/** How far it has come when the attempt that `reached` names failed, for this `reason`. */
export function failed(message: Known, reached: Reached, reason: string): Reached {
  const { attempt, firstFailure } = reached;
  const { firstFailure: first } = nextRound(
    { ...message.state, ...(firstFailure !== undefined && { firstFailure }) },
    attempt,
    reason,
  );
  return { attempt: attempt + 1, unsettled: 0, ...(first !== undefined && { firstFailure: first }) };
}

/** To be written when a message is tried again after `delayMs`. */
export function waiting(message: Known, reached: Reached, delayMs: number, now: number): SessionRecord {
  return { ...recordOf(message, reached), wait: { until: now + delayMs, delayMs } };
}

/** How long it still waits, in milliseconds; never longer than from the beginning, whatever the clocks say. */
export function waitLeft(record: SessionRecord | undefined, sequence: string, now: number): number {
  if (record?.wait === undefined || record.sequence !== sequence) return 0;
  return Math.min(Math.max(0, record.wait.until - now), record.wait.delayMs);
}

function recordOf({ sequence, deliveryCount }: Known, reached: Reached): SessionRecord {
  const { attempt, unsettled } = reached;
  return { sequence, attempts: attempt - 1, unsettled, deliveryCount, ...kept(reached), isOpen: false };
}

/** What a message keeps from delivery to delivery; what is absent is left out. */
function kept({ firstFailure, inCompany }: Pick<DeliveryState, 'firstFailure' | 'inCompany'>) {
  return { ...(firstFailure !== undefined && { firstFailure }), ...(inCompany !== undefined && { inCompany }) };
}
