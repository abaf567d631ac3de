/** Replays all dead letters of `work`, and says how far it is; it is killed half-way. */
import { createAzureServiceBusTransport } from '@orderflow/messaging/azure-service-bus';

const transport = createAzureServiceBusTransport({ connectionString: String(process.argv[2]) });
await transport.deadLetters.replay('work', { onProgress: ({ replayed }) => process.send?.(replayed) });
