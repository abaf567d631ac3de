import { explain } from '@orderflow/messaging';
import type { Logger } from 'pino';

/** How often what goes on is reported, and how long nothing may have come for it to be over, in milliseconds. */
const everyMs = 60_000;

/** What goes wrong again and again, under one code. */
interface Trouble {
  readonly sinceMs: number;
  lastMs: number;
  latest: unknown;
  /** In all. */
  times: number;
  /** Since it was last reported. */
  unreported: number;
}

/** Reports errors of one kind. */
export interface TroubleLog {
  /** Reports an error at once where its code is new, else later with the others of its code. */
  readonly report: (error: unknown) => void;
  /** Reports what has not been reported; nothing follows by itself. */
  readonly stop: () => void;
}

/**
 * Logs what may fail many times a second for as long as something is away: the first error of each code at once, once a
 * minute how often it came again, and its end, which is a minute without.
 * @param message what each line says: `the broker is in trouble`
 * @param fields of each line, besides
 */
export function logTroubles(logger: Logger, message: string, fields: object = {}): TroubleLog {
  const troubles = new Map<string, Trouble>();
  let timer: NodeJS.Timeout | undefined;

  const reportAgain = (code: string, trouble: Trouble): void => {
    const { latest, unreported, times } = trouble;
    if (unreported > 0) logger.warn({ ...fields, err: latest, code, again: unreported, times }, message);
    trouble.unreported = 0;
  };
  const look = (): void => {
    const now = Date.now();
    for (const [code, trouble] of troubles) {
      reportAgain(code, trouble);
      if (now - trouble.lastMs < everyMs) continue;
      const lasted = Math.round((trouble.lastMs - trouble.sinceMs) / 1_000);
      logger.info({ ...fields, code, times: trouble.times, lastedSeconds: lasted }, `${message}: not for a minute now`);
      troubles.delete(code);
    }
    if (troubles.size === 0) rest();
  };
  const rest = (): void => {
    clearInterval(timer);
    timer = undefined;
  };
  return {
    report(error) {
      const code = codeOf(error);
      const now = Date.now();
      const known = troubles.get(code);
      if (known) {
        Object.assign(known, { lastMs: now, latest: error, times: known.times + 1, unreported: known.unreported + 1 });
        return;
      }
      troubles.set(code, { sinceMs: now, lastMs: now, latest: error, times: 1, unreported: 0 });
      logger.warn({ ...fields, err: error, code }, message);
      timer ??= setInterval(look, everyMs).unref();
    },
    stop() {
      rest();
      for (const [code, trouble] of troubles) reportAgain(code, trouble);
      troubles.clear();
    },
  };
}

/** Its code, else what it is called: few, however many errors there are. */
function codeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { readonly code?: unknown; readonly name?: unknown };
  if (typeof code === 'string') return code;
  return typeof name === 'string' ? name : explain(error).slice(0, 50);
}
