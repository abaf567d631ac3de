export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Takes one line of the broker's log: what happened, in words, and the details as data. */
export type Log = (level: LogLevel, message: string, details?: Readonly<Record<string, unknown>>) => void;
