export type { Clock } from './clock.js';
export type { Contract, ContractUpcast } from './contract.js';
export { type Consumer, type ConsumerOptions, startConsumer } from './consumer.js';
export type { Dependency } from './endpoint/dependency.js';
export type { EndpointHealth } from './endpoint/endpoint.js';
export type { EndpointEvent, Pause } from './endpoint/endpoint-events.js';
export type { PartitionBy } from './endpoint/partitions.js';
export type { PauseOptions } from './endpoint/endpoint-options.js';
export type { BreakerOptions, BreakerState } from './endpoint/type-breaker.js';
export type {
  BrowsedLetters,
  BrowseOptions,
  DeadLetter,
  DeadLetterPage,
  DeadLetters,
  DiscardOptions,
  DiscardResult,
  EditedMessage,
  PeekOptions,
  ReplayOptions,
  ReplayResult,
  WatchedLetter,
  WatchOptions,
  WholeDeadLetter,
} from './dead-letter/dead-letters.js';
export { type DeadLetterCriteria, matching } from './dead-letter/matching.js';
export type { Pause as Wait } from './retry/immediate-attempts.js';
export { handle, type Handler, type HandlerOptions, type Handling } from './handling.js';
export type { Envelope } from './envelope.js';
export {
  type Cause,
  causeOf,
  causeReference,
  createEnvelopeWriter,
  type EnvelopeDetails,
  type EnvelopeWriter,
} from './envelope-writer.js';
export { DependencyAwayError, explain, PermanentError } from './errors.js';
export type { EffectInbox, Inbox } from './inbox/inbox.js';
export type { MemoryInbox } from './inbox/memory-inbox.js';
export { createMemoryMessaging, type MemoryMessaging, type MemoryMessagingOptions } from './inbox/memory-messaging.js';
export type { MemoryUnitOfWork } from './outbox/memory-unit-of-work.js';
export type { Message } from './message.js';
export { createMessageReader, type MessageReader } from './message-reader.js';
export { type DrainReport, type MemoryOutbox, OutboxFullError } from './outbox/memory-outbox.js';
export type { Isolate } from './delivery-state.js';
export type { MemoryRelayOptions } from './outbox/memory-relay.js';
export type { MemorySetAside } from './outbox/memory-set-aside.js';
export type {
  Outbox,
  OutboxBacklog,
  SetAside,
  SetAsideListOptions,
  SetAsideMessage,
  SetAsidePage,
} from './outbox/outbox.js';
export type { DestinationTrouble, Relay, RelayHealth } from './outbox/relay-health.js';
export { consumerVersion } from './middleware/consumer-version.js';
export { type DeliveryObserver, type DeliveryReport, observeDeliveries } from './middleware/observe-deliveries.js';
export type { InspectionOptions, QueueCounts, QueueInspection } from './queue-inspection.js';
export { requireCapabilities } from './require-capabilities.js';
export {
  assess,
  classify,
  type ErrorClass,
  type Failure,
  type FailureKind,
  type FailureRule,
} from './retry/classify.js';
export { type DeclaredQueue, declarationProblems, problemsInQueue } from './retry/declared-queue.js';
export {
  defaultRetryPolicy,
  type ExponentialDelays,
  type RetryPolicy,
  retryPolicy,
  sessionRetryPolicy,
} from './retry/retry-policy.js';
export { ReadyTogether, type ReadyTogetherOptions } from './ready-together.js';
export type { PreparedMessage, StatementSteps, Steps } from './steps.js';
export { HandlerTimeoutError } from './time-limit.js';
export type { Sender, Tracing } from './tracing.js';
export {
  type Capabilities,
  type Consume,
  type Delivery,
  type DeliverySession,
  type Destination,
  type ForeignMessage,
  type Middleware,
  type Outgoing,
  type ScheduledMessage,
  type SendOptions,
  type SessionOptions,
  type Settlement,
  type SubscribeOptions,
  type Subscription,
  type SubscriptionHealth,
  type Transport,
  TransportError,
  type TransportErrorCode,
} from './transport.js';
