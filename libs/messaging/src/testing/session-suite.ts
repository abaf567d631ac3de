import { type Behaviour, registerBehaviours, type Runner } from './behaviour.js';
import { countsACrashAsAnAttempt } from './sessions/counts-a-crash-as-an-attempt.js';
import { deliversASessionInItsOrder } from './sessions/delivers-a-session-in-its-order.js';
import { givesASessionToOneConsumerAtATime } from './sessions/gives-a-session-to-one-consumer-at-a-time.js';
import { goesOnAfterADeadLetter } from './sessions/goes-on-after-a-dead-letter.js';
import { handsSessionsBackWithoutAnAttempt } from './sessions/hands-sessions-back-without-an-attempt.js';
import { leavesNothingWithASettledSession } from './sessions/leaves-nothing-with-a-settled-session.js';
import { isolatesAMessageInItsSession } from './sessions/isolates-a-message-in-its-session.js';
import { keepsARetryOverACrash } from './sessions/keeps-a-retry-over-a-crash.js';
import { keepsStateWithASession } from './sessions/keeps-state-with-a-session.js';
import { refusesTheOtherKindOfQueue } from './sessions/refuses-the-other-kind-of-queue.js';
import { retriesWaitInTheirSession } from './sessions/retries-wait-in-their-session.js';
import { waitingSessionsLeaveHalfOfThePlaces } from './sessions/waiting-sessions-leave-half-of-the-places.js';
import type { TransportHarness } from './transport-harness.js';

/** What a transport with the capability `sessions` has to do besides. */
export const sessionBehaviours: readonly Behaviour[] = Object.freeze([
  deliversASessionInItsOrder,
  givesASessionToOneConsumerAtATime,
  retriesWaitInTheirSession,
  waitingSessionsLeaveHalfOfThePlaces,
  keepsARetryOverACrash,
  countsACrashAsAnAttempt,
  isolatesAMessageInItsSession,
  handsSessionsBackWithoutAnAttempt,
  leavesNothingWithASettledSession,
  goesOnAfterADeadLetter,
  keepsStateWithASession,
  refusesTheOtherKindOfQueue,
]);

/** Registers a test for each of {@link sessionBehaviours}; the broker has the queue `ordered`, with sessions. */
export function sessionSuite(harness: TransportHarness, runner: Runner): void {
  runner.describe(`the ${harness.name} transport, with sessions,`, () =>
    registerBehaviours(sessionBehaviours, harness, runner),
  );
}
