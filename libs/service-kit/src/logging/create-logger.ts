import {
  type DestinationStream,
  type LevelWithSilent,
  type Logger,
  pino,
  stdSerializers,
  stdTimeFunctions,
} from 'pino';

export interface LoggerOptions {
  /** The service, for example `order-worker`; on every line. */
  readonly name: string;
  /** `info` by default. */
  readonly level?: LevelWithSilent;
  /** Standard output by default. */
  readonly destination?: DestinationStream;
}

const secretFields = ['authorization', 'cookie', 'password', 'connectionString', 'SharedAccessKey', 'DATABASE_URL'];

/** Passwords in URLs and keys in connection strings, wherever an error message quotes them. */
const secretTexts: readonly [RegExp, string][] = [
  [/(\w+:\/\/[^\s:/@"]*:)[^\s@/"]+@/g, '$1[redacted]@'],
  // The backslash begins an escape in JSON: what follows the key, such as the end of a line, is kept.
  [/(SharedAccess(?:Key|Signature)\s*=\s*)[^;\s"\\)]+/gi, '$1[redacted]'],
];

/** The text without the secrets in it. */
export function redact(text: string): string {
  return secretTexts.reduce((redacted, [pattern, by]) => redacted.replace(pattern, by), text);
}

/** One JSON line an event, without secrets. Written in this process: pino's worker transports do not bundle. */
export function createLogger({ name, level = 'info', destination }: LoggerOptions): Logger {
  return pino(
    {
      name,
      level,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: [
          ...secretFields.flatMap((field) => [field, `*.${field}`]),
          'req.headers.authorization',
          'req.headers.cookie',
        ],
        censor: '[redacted]',
      },
      serializers: { err: stdSerializers.err },
      hooks: { streamWrite: redact },
    },
    destination ?? pino.destination({ dest: 1, sync: true }),
  );
}
