export { type InboxEnvironment, inboxSuite } from './inbox-suite.js';
export { type OutboxEnvironment, outboxSuite } from './outbox-suite.js';
export { transportSuite } from './transport-suite.js';
