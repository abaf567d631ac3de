export { MessageContext } from './message-context.js';
export { MessageHandler } from './message-handler.js';
export { MessagingClient, type MessagingClientOptions } from './messaging-client.js';
export { MessagingServer, type MessagingServerOptions } from './messaging-server.js';
export { nestFailures } from './nest-failures.js';
