/**
 * A tool that may be missing on a machine. Missing is said loudly on standard error and skips what needs it;
 * with REQUIRE_ALL=1 (as in CI) it is a failure.
 */
export function requireOrExplain<T>(tool: string, found: T | undefined, consequence: string): T | undefined {
  if (found !== undefined) return found;
  const message = `${tool} is not on this machine: ${consequence}.`;
  if (process.env['REQUIRE_ALL'] === '1') throw new Error(`${message} REQUIRE_ALL=1 makes that a failure.`);
  process.stderr.write(`\n*** ${message}\n\n`);
  return undefined;
}
