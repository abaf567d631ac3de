import { FOREVER } from '../entities/options.js';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const MINUTE = 60_000;
const SECOND = 1000;

/** The longest TimeSpan of .NET, which Azure writes for "never". */
const FOREVER_TEXT = 'P10675199DT2H48M5.4775807S';

const DURATION = /^(-)?P(?=[\dT])(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,9}))?S)?)?$/;

/**
 * Reads an ISO 8601 duration of days, hours, minutes and seconds, as Azure writes them. What is finer than a
 * millisecond is cut off. Years and months have no fixed length, and are refused as everything else is.
 * @returns milliseconds, or undefined when the text is no such duration
 */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (match === null) {
    return undefined;
  }
  const [, sign, days = '0', hours = '0', minutes = '0', seconds = '0', fraction = ''] = match;
  const total =
    Number(days) * DAY +
    Number(hours) * HOUR +
    Number(minutes) * MINUTE +
    Number(seconds) * SECOND +
    Number(fraction.slice(0, 3).padEnd(3, '0'));
  return sign === '-' && total > 0 ? -total : total;
}

/** Writes milliseconds as {@link parseDuration} reads them: `PT1M`, `P14D`, `PT0.5S`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === FOREVER) {
    return FOREVER_TEXT;
  }
  const size = Math.abs(milliseconds);
  const date = part(Math.floor(size / DAY), 'D');
  const time =
    part(Math.floor((size % DAY) / HOUR), 'H') +
    part(Math.floor((size % HOUR) / MINUTE), 'M') +
    part((size % MINUTE) / SECOND, 'S');
  const sign = milliseconds < 0 ? '-' : '';
  return `${sign}P${date}${time !== '' || date === '' ? `T${time === '' ? '0S' : time}` : ''}`;
}

function part(value: number, unit: string): string {
  return value === 0 ? '' : `${value}${unit}`;
}
