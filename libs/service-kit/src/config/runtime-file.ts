import { z } from 'zod';

/**
 * `.orderflow/runtime.json`: what `orderflow up` chose, for commands and for apps that are served alone. The command
 * writes it and removes it; services read it.
 */
export const runtimeSchema = z.object({
  /** The supervisor's process id, and when it started. */
  pid: z.int(),
  startedAt: z.string(),
  /** Connection URLs by app; they contain the password. */
  databases: z.record(z.string(), z.string()),
  /** Absent while an external namespace is used by its name. */
  servicebus: z.object({ connectionString: z.string(), adminConnectionString: z.string() }).optional(),
  /** Present while it runs on RabbitMQ; the URL contains the password. */
  rabbitmq: z.object({ url: z.string() }).optional(),
  gateway: z.object({ url: z.string() }),
  /** Base URLs by app. */
  urls: z.record(z.string(), z.string()),
  /** Ports by process. */
  ports: z.record(z.string(), z.number()),
  /** The directory of the log files. */
  logs: z.string(),
});

export type Runtime = Readonly<z.infer<typeof runtimeSchema>>;
