import { type Behaviour, registerBehaviours, type Runner } from './behaviour.js';
import { carriesTheFirstFailure } from './behaviours/carries-the-first-failure.js';
import { closesAnyNumberOfTimes } from './behaviours/closes-any-number-of-times.js';
import { closesForGood } from './behaviours/closes-for-good.js';
import { countsApartWhatEndedUnsettledAlone } from './behaviours/counts-apart-what-ended-unsettled-alone.js';
import { countsEveryAttempt } from './behaviours/counts-every-attempt.js';
import { countsWhatEndedUnsettled } from './behaviours/counts-what-ended-unsettled.js';
import { deadLettersWithReasonAndOriginalBody } from './behaviours/dead-letters-with-reason-and-original-body.js';
import { deliversAScheduledMessageAtItsTime } from './behaviours/delivers-a-scheduled-message-at-its-time.js';
import { deliversEachMessageOnce } from './behaviours/delivers-each-message-once.js';
import { deliversTheEnvelopeUnchanged } from './behaviours/delivers-the-envelope-unchanged.js';
import { discardsTheChosenDeadLetters } from './behaviours/discards-the-chosen-dead-letters.js';
import { doesNotBurnAnAttemptOnRelease } from './behaviours/does-not-burn-an-attempt-on-release.js';
import { doesNotDeliverWhatHasExpired } from './behaviours/does-not-deliver-what-has-expired.js';
import { doesNotProlongATimeToLive } from './behaviours/does-not-prolong-a-time-to-live.js';
import { doesNotReplayInCircles } from './behaviours/does-not-replay-in-circles.js';
import { dropsASecondCopyOfAMessage } from './behaviours/drops-a-second-copy-of-a-message.js';
import { fansOutToTheSubscriptionsOfATopic } from './behaviours/fans-out-to-the-subscriptions-of-a-topic.js';
import { followsALimitThatChanges } from './behaviours/follows-a-limit-that-changes.js';
import { handsBackWhatArrivesWhileItStops } from './behaviours/hands-back-what-arrives-while-it-stops.js';
import { keepsAPlaceThatIsOccupied } from './behaviours/keeps-a-place-that-is-occupied.js';
import { keepsAttemptsOverARestart } from './behaviours/keeps-attempts-over-a-restart.js';
import { keepsForeignMessagesAsTheyAre } from './behaviours/keeps-foreign-messages-as-they-are.js';
import { keepsTheLockOfASlowHandler } from './behaviours/keeps-the-lock-of-a-slow-handler.js';
import { keepsTheLocksOfWhatAStopWaitsFor } from './behaviours/keeps-the-locks-of-what-a-stop-waits-for.js';
import { keepsTheOrderOfEachKey } from './behaviours/keeps-the-order-of-each-key.js';
import { keepsTheOrderOfSends } from './behaviours/keeps-the-order-of-sends.js';
import { letsTheLockRunOutWhenAConsumerRejects } from './behaviours/lets-the-lock-run-out-when-a-consumer-rejects.js';
import { limitsDeliveriesToTheConcurrency } from './behaviours/limits-deliveries-to-the-concurrency.js';
import { losesNothingInARestartUnderLoad } from './behaviours/loses-nothing-in-a-restart-under-load.js';
import { pagesThroughDeadLetters } from './behaviours/pages-through-dead-letters.js';
import { pausesAndResumes } from './behaviours/pauses-and-resumes.js';
import { poisonMessageDoesNotHoldUpTheNext } from './behaviours/poison-message-does-not-hold-up-the-next.js';
import { readsWholeDeadLetters } from './behaviours/reads-whole-dead-letters.js';
import { redeliversWhenTheConsumerDies } from './behaviours/redelivers-when-the-consumer-dies.js';
import { refusesALimitThatItCannotKeep } from './behaviours/refuses-a-limit-that-it-cannot-keep.js';
import { refusesATimeToLiveThatIsNone } from './behaviours/refuses-a-time-to-live-that-is-none.js';
import { rejectsAfterClose } from './behaviours/rejects-after-close.js';
import { rejectsSendsToNowhere } from './behaviours/rejects-sends-to-nowhere.js';
import { releasesWhatOutlastsAStop } from './behaviours/releases-what-outlasts-a-stop.js';
import { replaysAtARate } from './behaviours/replays-at-a-rate.js';
import { replaysDeadLettersToTheirQueueOnly } from './behaviours/replays-dead-letters-to-their-queue-only.js';
import { replaysTheChosenDeadLettersOnly } from './behaviours/replays-the-chosen-dead-letters-only.js';
import { replaysToTheQueueNamed } from './behaviours/replays-to-the-queue-named.js';
import { replaysWithFewerAttempts } from './behaviours/replays-with-fewer-attempts.js';
import { resumesAReplayThatEndedEarly } from './behaviours/resumes-a-replay-that-ended-early.js';
import { retriesAfterADelayToThisQueueOnly } from './behaviours/retries-after-a-delay-to-this-queue-only.js';
import { saysWhichVersionGaveUp } from './behaviours/says-which-version-gave-up.js';
import { sendsAnEditedMessageInPlaceOfALetter } from './behaviours/sends-an-edited-message-in-place-of-a-letter.js';
import { settlesNeighboursEachItsOwnWay } from './behaviours/settles-neighbours-each-its-own-way.js';
import { stopsAfterInFlightDeliveries } from './behaviours/stops-after-in-flight-deliveries.js';
import { survivesALostConnection } from './behaviours/survives-a-lost-connection.js';
import { survivesAThousandLostLocks } from './behaviours/survives-a-thousand-lost-locks.js';
import { survivesAnyNumberOfReleases } from './behaviours/survives-any-number-of-releases.js';
import { takesBackAScheduledMessage } from './behaviours/takes-back-a-scheduled-message.js';
import { takesNoMoreOfABacklogThanItHasPlacesFor } from './behaviours/takes-no-more-of-a-backlog-than-it-has-places-for.js';
import type { TransportHarness } from './transport-harness.js';

/** What every transport has to do, save sessions: an adapter does all of it or is none. Each file under `behaviours/` is one. */
export const transportBehaviours: readonly Behaviour[] = Object.freeze([
  deliversEachMessageOnce,
  deliversTheEnvelopeUnchanged,
  keepsForeignMessagesAsTheyAre,
  keepsTheOrderOfSends,
  keepsTheOrderOfEachKey,
  fansOutToTheSubscriptionsOfATopic,
  limitsDeliveriesToTheConcurrency,
  takesNoMoreOfABacklogThanItHasPlacesFor,
  deliversAScheduledMessageAtItsTime,
  takesBackAScheduledMessage,
  doesNotDeliverWhatHasExpired,
  doesNotProlongATimeToLive,
  refusesATimeToLiveThatIsNone,
  dropsASecondCopyOfAMessage,
  retriesAfterADelayToThisQueueOnly,
  countsEveryAttempt,
  countsWhatEndedUnsettled,
  countsApartWhatEndedUnsettledAlone,
  carriesTheFirstFailure,
  doesNotBurnAnAttemptOnRelease,
  survivesAnyNumberOfReleases,
  deadLettersWithReasonAndOriginalBody,
  poisonMessageDoesNotHoldUpTheNext,
  settlesNeighboursEachItsOwnWay,
  keepsTheLockOfASlowHandler,
  redeliversWhenTheConsumerDies,
  letsTheLockRunOutWhenAConsumerRejects,
  pausesAndResumes,
  followsALimitThatChanges,
  refusesALimitThatItCannotKeep,
  keepsAPlaceThatIsOccupied,
  stopsAfterInFlightDeliveries,
  handsBackWhatArrivesWhileItStops,
  keepsTheLocksOfWhatAStopWaitsFor,
  releasesWhatOutlastsAStop,
  closesForGood,
  closesAnyNumberOfTimes,
  rejectsAfterClose,
  rejectsSendsToNowhere,
  survivesALostConnection,
  survivesAThousandLostLocks,
  keepsAttemptsOverARestart,
  losesNothingInARestartUnderLoad,
  pagesThroughDeadLetters,
  readsWholeDeadLetters,
  replaysDeadLettersToTheirQueueOnly,
  replaysTheChosenDeadLettersOnly,
  resumesAReplayThatEndedEarly,
  doesNotReplayInCircles,
  replaysToTheQueueNamed,
  replaysWithFewerAttempts,
  replaysAtARate,
  saysWhichVersionGaveUp,
  sendsAnEditedMessageInPlaceOfALetter,
  discardsTheChosenDeadLetters,
]);

/**
 * Registers a test for each of {@link transportBehaviours} with a test runner: `transportSuite(harness, { describe, it })`.
 * The runner has to allow a test a minute.
 */
export function transportSuite(harness: TransportHarness, runner: Runner): void {
  runner.describe(`the ${harness.name} transport`, () => registerBehaviours(transportBehaviours, harness, runner));
}
