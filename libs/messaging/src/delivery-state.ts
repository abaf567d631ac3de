/** Where a message is in its life of redeliveries and replays. Travels with it, beside the envelope. */
export interface DeliveryState {
  /** Replays from the dead-letter queue so far. */
  readonly generation: number;
  /** Delayed redeliveries so far in this generation. */
  readonly round: number;
  /** Attempts used up before this round. */
  readonly attempts: number;
  /** How often this round was handed back unhandled; the broker counted those as deliveries, we do not. */
  readonly releases: number;
  /** Why the first delayed redelivery of this generation was asked for; its first 500 characters. Absent before it. */
  readonly firstFailure?: string;
  /** Deliveries of earlier copies of this round that ended without a settlement. */
  readonly unsettled: number;
  /** How many of this round had ended so, 1 or more, when it was isolated; absent before that. */
  readonly inCompany?: number;
  /** How many attempts this generation has at most, 1 or more; as many as its handler's policy when absent. */
  readonly maxAttempts?: number;
}

/** How a message is isolated whose deliveries ended unsettled. */
export interface Isolate {
  /** How many of those were handled, at most: the others burn no attempt. */
  readonly begun: number;
}

/** Why a message is given up, for its dead letter. */
export interface Death {
  /** A stable code. */
  readonly reason: string;
  /** The same for people. */
  readonly detail: string;
  /** The version of the consumer that gave it up. */
  readonly consumerVersion?: string;
}

/** The state of a message that was just sent. */
export const firstDelivery: DeliveryState = Object.freeze({
  generation: 0,
  round: 0,
  attempts: 0,
  releases: 0,
  unsettled: 0,
});

/** The state of a message that is sent by hand in a later generation. */
export function sentState(generation = 0): DeliveryState {
  return generation === 0 ? firstDelivery : { ...firstDelivery, generation };
}

/** What is kept of a failure, in UTF-16 code units: a copy must not outgrow what a broker takes. */
const maxFailureLength = 500;

/**
 * Which attempt a delivery is, 1 at first: attempts of earlier rounds, plus the broker's earlier deliveries of this
 * copy (`deliveryCount`, 0 on the first), less those that were only released.
 */
export function attemptOf(state: DeliveryState, deliveryCount: number): number {
  return Math.max(1, state.attempts + deliveryCount - state.releases + 1);
}

/** How many deliveries of this round ended without a settlement: those the broker counted, less the releases. */
export function unsettledOf(state: DeliveryState, deliveryCount: number): number {
  return state.unsettled + Math.max(0, deliveryCount - state.releases);
}

/** Of the `unsettled` deliveries of this round those since it was isolated; undefined when it is not. */
export function unsettledAloneOf(
  { inCompany }: Pick<DeliveryState, 'inCompany'>,
  unsettled: number,
): number | undefined {
  return inCompany !== undefined && unsettled >= inCompany ? unsettled - inCompany : undefined;
}

/** The state of the copy that a delayed redelivery after `attempt` sends; `failure` is why it is asked for. */
export function nextRound(state: DeliveryState, attempt: number, failure?: string): DeliveryState {
  const { generation, round, maxAttempts, firstFailure = keptFailure(failure ?? '') } = state;
  const counts = { generation, round: round + 1, attempts: attempt, releases: 0, unsettled: 0 };
  return { ...counts, ...(firstFailure && { firstFailure }), ...(maxAttempts && { maxAttempts }) };
}

/**
 * The state of the copy that goes on in place of a delivery that was released: nothing is counted but what was. With
 * `isolate` what was is kept apart from what ends unsettled from then on.
 */
export function releasedCopy(state: DeliveryState, deliveryCount: number, isolate?: Isolate): DeliveryState {
  const unsettled = unsettledOf(state, deliveryCount);
  const attempts = attemptOf(state, deliveryCount) - 1 - neverBegun(unsettled, isolate);
  const inCompany = isolate ? unsettled : state.inCompany;
  return { ...nextRound(state, attempts), unsettled, ...(inCompany && { inCompany }) };
}

/** How many of the `unsettled` deliveries of a message burn no attempt when it is isolated. */
export function neverBegun(unsettled: number, { begun }: Isolate = { begun: unsettled }): number {
  return Math.max(0, unsettled - begun);
}

/**
 * The state of the copy that a replay sends: all attempts are new, and no failure has come first.
 * @param maxAttempts as {@link DeliveryState.maxAttempts}
 */
export function nextGeneration(state: DeliveryState, maxAttempts?: number): DeliveryState {
  return { ...firstDelivery, generation: state.generation + 1, ...(maxAttempts && { maxAttempts }) };
}

/** What a delivery, with so many `unsettled`, says of its message's state; what the state does not have is left out. */
export function stateInDelivery(
  state: Pick<DeliveryState, 'firstFailure' | 'maxAttempts' | 'inCompany'>,
  unsettled: number,
) {
  const { firstFailure, maxAttempts } = state;
  const unsettledAlone = unsettledAloneOf(state, unsettled);
  return {
    ...(firstFailure !== undefined && { firstFailure }),
    ...(maxAttempts !== undefined && { maxAttempts }),
    ...(unsettledAlone !== undefined && { unsettledAlone }),
  };
}

/** What is kept of a failure: the beginning of its text, without half a character at its end. */
export function keptFailure(failure: string): string {
  return failure
    .slice(0, maxFailureLength)
    .replace(/[\uD800-\uDBFF]$/, '')
    .toWellFormed();
}
