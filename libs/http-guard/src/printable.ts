const LONGEST = 100;

/**
 * A value that a stranger sent, safe to show anywhere: at most 100 characters of those that hosts, origins and paths are
 * made of. Others become a question mark each, so that it can neither be markup nor move a terminal's cursor nor begin a
 * line of a log.
 */
export function printable(value: string): string {
  const safe = value.slice(0, LONGEST).replace(/[^A-Za-z0-9.:_~/?#@!$()*+,;=%[\]-]/g, '?');
  if (safe === '') return '(empty)';
  return value.length > LONGEST ? `${safe}...` : safe;
}
