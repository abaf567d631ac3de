import type { InfraCopy } from './copy.ts';
import type { Fault } from './fault.ts';
import type { OpenSuite } from './suite.ts';

/** What a suite said while a fault was in the copy. */
export type Findings = ReadonlyMap<Fault, string>;

/** What a suite must say of a fault. */
export type Says = (fault: Fault) => string;

/**
 * Seeds many faults at once and asks the suite once for all of them. A fault that was not found may have been behind
 * another one (a plan is not made of what is not valid) or in the same text: the rest is seeded again, without those
 * that were found, and alone when that finds no more.
 */
export async function seedTogether(
  copy: InfraCopy,
  suite: OpenSuite,
  faults: readonly Fault[],
  says: Says,
): Promise<Findings> {
  if (faults.length === 0) return new Map();
  const seeded = faults.filter((fault) => copy.seed(fault));
  const said = await askAndRestore(copy, suite, seeded);
  const found = seeded.filter((fault) => said.includes(says(fault)));
  const left = faults.filter((fault) => !found.includes(fault));
  const rest = found.length === 0 ? await seedAlone(copy, suite, left) : await seedTogether(copy, suite, left, says);
  return new Map([...found.map((fault) => [fault, said] as const), ...rest]);
}

/** Seeds each fault alone: exact, and a run of the suite each. */
export async function seedAlone(copy: InfraCopy, suite: OpenSuite, faults: readonly Fault[]): Promise<Findings> {
  const findings = new Map<Fault, string>();
  for (const fault of faults) {
    copy.seed(fault);
    findings.set(fault, await askAndRestore(copy, suite, [fault]));
  }
  return findings;
}

/** The suite's complaints on one line: Terraform breaks its own to the width of a terminal. */
async function askAndRestore(copy: InfraCopy, suite: OpenSuite, seeded: readonly Fault[]): Promise<string> {
  try {
    return (await suite.complaints(seeded.map(({ file }) => file))).join('\n').replaceAll(/\s+/g, ' ');
  } finally {
    copy.restore();
  }
}
