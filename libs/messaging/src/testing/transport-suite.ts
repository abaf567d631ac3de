import { describe } from '@jest/globals';
import { carriesTheFirstFailure } from './behaviours/carries-the-first-failure.js';
import { closesForGood } from './behaviours/closes-for-good.js';
import { countsEveryAttempt } from './behaviours/counts-every-attempt.js';
import { countsWhatEndedUnsettled } from './behaviours/counts-what-ended-unsettled.js';
import { deadLettersWithReasonAndOriginalBody } from './behaviours/dead-letters-with-reason-and-original-body.js';
import { deliversAScheduledMessageAtItsTime } from './behaviours/delivers-a-scheduled-message-at-its-time.js';
import { deliversEachMessageOnce } from './behaviours/delivers-each-message-once.js';
import { deliversTheEnvelopeUnchanged } from './behaviours/delivers-the-envelope-unchanged.js';
import { discardsTheChosenDeadLetters } from './behaviours/discards-the-chosen-dead-letters.js';
import { doesNotBurnAnAttemptOnRelease } from './behaviours/does-not-burn-an-attempt-on-release.js';
import { doesNotDeliverWhatHasExpired } from './behaviours/does-not-deliver-what-has-expired.js';
import { doesNotReplayInCircles } from './behaviours/does-not-replay-in-circles.js';
import { dropsASecondCopyOfAMessage } from './behaviours/drops-a-second-copy-of-a-message.js';
import { fansOutToTheSubscriptionsOfATopic } from './behaviours/fans-out-to-the-subscriptions-of-a-topic.js';
import { handsBackWhatArrivesWhileItStops } from './behaviours/hands-back-what-arrives-while-it-stops.js';
import { keepsAPlaceThatIsOccupied } from './behaviours/keeps-a-place-that-is-occupied.js';
import { keepsTheLockOfASlowHandler } from './behaviours/keeps-the-lock-of-a-slow-handler.js';
import { keepsTheOrderOfSends } from './behaviours/keeps-the-order-of-sends.js';
import { keepsTheLocksOfWhatAStopWaitsFor } from './behaviours/keeps-the-locks-of-what-a-stop-waits-for.js';
import { letsTheLockRunOutWhenAConsumerRejects } from './behaviours/lets-the-lock-run-out-when-a-consumer-rejects.js';
import { limitsDeliveriesToTheConcurrency } from './behaviours/limits-deliveries-to-the-concurrency.js';
import { pagesThroughDeadLetters } from './behaviours/pages-through-dead-letters.js';
import { pausesAndResumes } from './behaviours/pauses-and-resumes.js';
import { poisonMessageDoesNotHoldUpTheNext } from './behaviours/poison-message-does-not-hold-up-the-next.js';
import { redeliversWhenTheConsumerDies } from './behaviours/redelivers-when-the-consumer-dies.js';
import { rejectsSendsToNowhere } from './behaviours/rejects-sends-to-nowhere.js';
import { releasesWhatOutlastsAStop } from './behaviours/releases-what-outlasts-a-stop.js';
import { replaysDeadLettersToTheirQueueOnly } from './behaviours/replays-dead-letters-to-their-queue-only.js';
import { replaysTheChosenDeadLettersOnly } from './behaviours/replays-the-chosen-dead-letters-only.js';
import { replaysToTheQueueNamed } from './behaviours/replays-to-the-queue-named.js';
import { resumesAReplayThatEndedEarly } from './behaviours/resumes-a-replay-that-ended-early.js';
import { retriesAfterADelayToThisQueueOnly } from './behaviours/retries-after-a-delay-to-this-queue-only.js';
import { settlesNeighboursEachItsOwnWay } from './behaviours/settles-neighbours-each-its-own-way.js';
import { stopsAfterInFlightDeliveries } from './behaviours/stops-after-in-flight-deliveries.js';
import { takesBackAScheduledMessage } from './behaviours/takes-back-a-scheduled-message.js';
import { survivesAnyNumberOfReleases } from './behaviours/survives-any-number-of-releases.js';
import { survivesALostConnection } from './behaviours/survives-a-lost-connection.js';
import type { TransportHarness } from './transport-harness.js';

/**
 * What every transport has to do: registers one Jest test per behaviour. An adapter passes it or is none. Each file under
 * `behaviours/` is named after what it demands.
 */
export function transportSuite(harness: TransportHarness): void {
  describe(`the ${harness.name} transport`, () => {
    deliversEachMessageOnce(harness);
    deliversTheEnvelopeUnchanged(harness);
    keepsTheOrderOfSends(harness);
    fansOutToTheSubscriptionsOfATopic(harness);
    limitsDeliveriesToTheConcurrency(harness);
    deliversAScheduledMessageAtItsTime(harness);
    takesBackAScheduledMessage(harness);
    doesNotDeliverWhatHasExpired(harness);
    dropsASecondCopyOfAMessage(harness);
    retriesAfterADelayToThisQueueOnly(harness);
    countsEveryAttempt(harness);
    countsWhatEndedUnsettled(harness);
    carriesTheFirstFailure(harness);
    doesNotBurnAnAttemptOnRelease(harness);
    survivesAnyNumberOfReleases(harness);
    deadLettersWithReasonAndOriginalBody(harness);
    poisonMessageDoesNotHoldUpTheNext(harness);
    settlesNeighboursEachItsOwnWay(harness);
    keepsTheLockOfASlowHandler(harness);
    redeliversWhenTheConsumerDies(harness);
    letsTheLockRunOutWhenAConsumerRejects(harness);
    pausesAndResumes(harness);
    keepsAPlaceThatIsOccupied(harness);
    stopsAfterInFlightDeliveries(harness);
    handsBackWhatArrivesWhileItStops(harness);
    keepsTheLocksOfWhatAStopWaitsFor(harness);
    releasesWhatOutlastsAStop(harness);
    closesForGood(harness);
    rejectsSendsToNowhere(harness);
    if (harness.hasConnection) survivesALostConnection(harness);
    pagesThroughDeadLetters(harness);
    replaysDeadLettersToTheirQueueOnly(harness);
    replaysTheChosenDeadLettersOnly(harness);
    resumesAReplayThatEndedEarly(harness);
    doesNotReplayInCircles(harness);
    replaysToTheQueueNamed(harness);
    discardsTheChosenDeadLetters(harness);
  });
}
