export type { Behaviour, Runner, RunnerWithHooks } from './behaviour.js';
export { type InboxEnvironment, inboxSuite } from './inbox-suite.js';
export { memoryHarness } from './memory-harness.js';
export { type OutboxEnvironment, outboxSuite } from './outbox-suite.js';
export { type RelayEnvironment, relaySuite } from './relay-suite.js';
export { sessionBehaviours, sessionSuite } from './session-suite.js';
export { transportBehaviours, transportSuite } from './transport-suite.js';
export { type UnitOfWorkEnvironment, unitOfWorkSuite } from './unit-of-work-suite.js';
