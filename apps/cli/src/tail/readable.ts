/** Fields of every pino line that are of no use here. */
const unshown: ReadonlySet<string> = new Set(['level', 'time', 'pid', 'hostname', 'msg', 'name', 'v']);
const levels: Readonly<Record<string, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

/** A structured log line as a person reads it; any other line unchanged. */
export function readable(line: string): string {
  let entry: Record<string, unknown>;
  try {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return line;
    entry = { ...parsed };
  } catch {
    return line;
  }
  const level = levels[String(entry['level'])] ?? String(entry['level'] ?? '');
  const fields = Object.entries(entry)
    .filter(([name]) => !unshown.has(name))
    .map(([name, value]) => `${name}=${shown(value)}`);
  return [clockTime(entry['time']), level.padEnd(5), entry['msg'], ...fields]
    .filter((part) => part !== undefined)
    .join(' ');
}

/** An error by its message alone: the stack is in the log. */
function shown(value: unknown): string {
  if (typeof value === 'string') return value;
  const message = (value as { message?: unknown } | null)?.message;
  return JSON.stringify(typeof message === 'string' ? message : value);
}

function clockTime(time: unknown): string | undefined {
  const date = new Date(typeof time === 'number' || typeof time === 'string' ? time : Number.NaN);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString().slice(11, 23);
}
