/** Files that are left out, and awaits that the scenarios never reach: each with its reason. */
export interface Exception {
  /** A file, or the beginning of the name of a point (see `AwaitPoint.name`). */
  readonly of: string;
  readonly because: string;
  /** It is reached now and then, on a busy machine, and not struck then either; false when absent. */
  readonly sometimes?: boolean;
}

/**
 * The path from receive to settle: every file of the library that the worker loads, and the worker's own service with
 * its handler. New files belong to it without being named here.
 */
export function isOnPath(file: string): boolean {
  const ours = file.startsWith('libs/messaging/src/') || file === 'libs/messaging/test/kill-points/service.ts';
  return ours && !file.includes('/testing/') && !offPath.some(({ of }) => file === of);
}

const library = 'libs/messaging/src';
const azure = `${library}/transports/azure-service-bus`;

const inMemory = 'lives and dies with the process: there is nothing to find afterwards';
const byHand = 'is run by people on dead letters, not on the way of a delivery; its own tests end it early';

const readsPrepared = 'needs a pool that prepares: it changes nothing, and its own tests end the connection';
const refusedAlone =
  'needs a message that the broker refuses for what it is: it stays unsent, and its own tests look after it';
const scheduledOnly =
  'needs a message that is scheduled by its sender: its rows go last, and its own tests repeat and break each step';
const leftToTheSdk = 'needs messages with a time to live, or whose time has passed: a worker sends none';
const endedTwice =
  'needs a delivery that ended unsettled twice: struck twice more it is dead-lettered, as it should be';

/** A file named here that the worker does not load fails the run. */
export const offPath: readonly Exception[] = [
  { of: `${library}/inbox/memory-inbox.ts`, because: inMemory },
  { of: `${library}/outbox/memory-outbox.ts`, because: inMemory },
  { of: `${library}/outbox/memory-unit-of-work.ts`, because: inMemory },
  { of: `${library}/postgres/delete-in-batches.ts`, because: 'removes what no delivery asks for any more' },
  { of: `${library}/postgres/outbox-backlog.ts`, because: 'reads numbers for metrics and health' },
  { of: `${library}/postgres/postgres-set-aside.ts`, because: 'is run by people on messages that no broker took' },
  { of: `${library}/postgres/manual-pauses.ts`, because: 'is run by people; its own tests end it early' },
  { of: `${library}/dead-letter/pace.ts`, because: byHand },
  { of: `${azure}/dead-letter-links.ts`, because: byHand },
  { of: `${azure}/dead-letter-pass.ts`, because: byHand },
  { of: `${azure}/dead-letter-windows.ts`, because: byHand },
  { of: `${azure}/held-letters.ts`, because: byHand },
  { of: `${azure}/lock-requests.ts`, because: byHand },
  { of: `${azure}/passed-over.ts`, because: byHand },
  { of: `${azure}/service-bus-dead-letters.ts`, because: byHand },
  {
    of: `${azure}/service-bus-queue-inspection.ts`,
    because: 'is asked by people and scalers, not on the way of a delivery',
  },
  { of: `${azure}/tracked-credential.ts`, because: 'is for Entra ID, which the broker here does not ask for' },
];

/** A name here that matches no point, or one that was reached, fails the run. */
export const unreachable: readonly Exception[] = [
  {
    of: `${azure}/service-bus-transport.ts AzureServiceBusTransport.sendForeign:`,
    because: 'is for programs that pretend to be others: no service sends so',
  },
  {
    of: `${library}/dispatch.ts createRun.settlement: await handling.wasHandled`,
    because: 'needs a message whose attempts are used up, which these have too many for',
  },
  { of: `${library}/dispatch.ts createDispatch:`, because: 'is for who dispatches without an endpoint' },
  { of: `${library}/endpoint/isolation.ts Isolation.admit:`, because: endedTwice, sometimes: true },
  { of: `${library}/endpoint/isolation.ts Isolation.#emptyHands:`, because: endedTwice, sometimes: true },
  {
    of: `${library}/postgres/units-of-work.ts Attempt.run: await tx.query(askIdentity)`,
    because: 'needs an adapter that cannot say which transaction it began: its own tests end it early',
  },
  {
    of: `${library}/postgres/run-alone.ts terminate:`,
    because: 'needs a statement that waits for a lock when it is given up: its own tests end it there',
    sometimes: true,
  },
  { of: `${library}/postgres/send-batch.ts sendClaimed: await turns.run(`, because: refusedAlone },
  { of: `${library}/postgres/send-batch.ts readFree: await turns.run(`, because: refusedAlone },
  { of: `${library}/postgres/settle-rows.ts setAside:`, because: refusedAlone },
  { of: `${library}/postgres/settle-rows.ts hold:`, because: refusedAlone },
  { of: `${library}/postgres/outbox-scheduled.ts `, because: scheduledOnly },
  { of: `${azure}/scheduled-send.ts `, because: scheduledOnly },
  { of: `${azure}/cancel-scheduled.ts `, because: scheduledOnly },
  {
    of: `${azure}/encoded-message.ts EncodedBatch.sendWith`,
    because: 'needs another SDK, which takes no bytes',
  },
  { of: `${azure}/entity-sender.ts EntitySender.#handOver: await this.#newBatch() (2)`, because: leftToTheSdk },
  { of: `${azure}/entity-sender.ts EntitySender.#sendOne: await this.#sender.sendMessages(`, because: leftToTheSdk },
  { of: `${library}/postgres/outbox-read.ts read: await (size.isBacklog`, because: readsPrepared },
  { of: `${library}/postgres/outbox-read.ts runPrepared:`, because: readsPrepared },
  { of: `${library}/postgres/outbox-read.ts prepareReads:`, because: readsPrepared },
  { of: `${library}/postgres/wake-channel.ts WakeChannel.#connect: await prepareReads(`, because: readsPrepared },
  { of: `${library}/postgres/outbox-read.ts parkHeld:`, because: refusedAlone },
  { of: `${library}/outbox/send-in-order.ts Halving.#isolate`, because: refusedAlone },
  {
    of: `${library}/outbox/outlet.ts Outlet.idle:`,
    because: 'needs a relay that gives buckets up to another one',
    sometimes: true,
  },
  {
    of: `${azure}/service-bus-subscription.ts ServiceBusSubscription.start: await this.stop(0)`,
    because:
      'needs a queue that is missing, or that another kind of receiver has to be used for: no worker starts there',
  },
  {
    of: `${azure}/sessions/service-bus-session-subscription.ts ServiceBusSessionSubscription.start: await this.stop(0)`,
    because: 'needs a queue that is missing, or that has no sessions: no worker starts there',
  },
  {
    of: `${azure}/sessions/session-connection.ts SessionConnection.retire: await new Promise<void>(`,
    because: 'needs a session that comes back later than its connection is given up',
    sometimes: true,
  },
  {
    of: `${azure}/sessions/session-connection.ts SessionConnection.probe: await this.#unlessLost(head)`,
    because: 'needs a queue that has no sessions: no worker starts there',
  },
  {
    of: `${azure}/attach-pauses.ts AttachPauses.next: await wait(`,
    because: 'needs a receiver that loses its link before it brought anything: its own tests refuse it for long',
    sometimes: true,
  },
  {
    of: `${azure}/settle.ts Settler.#deadLetter: await deadLetter('')`,
    because: 'needs a message whose properties leave no room for the description of its death',
  },
  {
    of: `${azure}/sender-connection.ts SenderConnection.#end: await waitAtMost(lastAnswersMs,`,
    because: 'needs a send without an answer when relay and consumer have ended: it is a send of somebody else',
  },
];

/** The exception that the name of a point's moment falls under. */
export function unreachableAs(name: string): Exception | undefined {
  return unreachable.find(({ of }) => name.startsWith(of));
}
