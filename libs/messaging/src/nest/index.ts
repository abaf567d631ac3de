export { MessageContext } from './message-context.js';
export { MessageHandler } from './message-handler.js';
export { MessagingClient, type MessagingClientOptions } from './messaging-client.js';
export { type IndicatorResult, MessagingHealth } from './messaging-health.js';
export {
  MESSAGING_OPTIONS,
  MESSAGING_TIME,
  MESSAGING_TRANSPORT,
  MessagingModule,
  type MessagingModuleAsyncOptions,
  type MessagingTime,
} from './messaging-module.js';
export type { MessagingModuleOptions, ModuleConsumer, OutboxOwner, Route } from './messaging-module-options.js';
export { MessagingServer, type MessagingServerOptions } from './messaging-server.js';
export { nestFailures } from './nest-failures.js';
export { type PublishDetails, Publisher } from './publisher.js';
export { startMessaging, type StartMessagingOptions } from './start-messaging.js';
export { useHarness } from './use-harness.js';
