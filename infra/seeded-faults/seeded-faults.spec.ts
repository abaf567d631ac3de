import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { missingTools } from '../optional-tools.mjs';
import { InfraCopy } from './copy.ts';
import type { Fault } from './fault.ts';
import { seedAlone, seedTogether } from './run-faults.ts';
import type { OpenSuite, Suite } from './suite.ts';
import { type SuiteName, SUITES } from './suites.ts';
import { FAULTS } from './table.ts';

/** Every fault in a run of its own: slower, and no fault can be found by what another one caused. */
const seed = process.env['SEEDED_FAULTS'] === 'alone' ? seedAlone : seedTogether;
const missing = new Set(missingTools.map(({ tool }) => tool));

const SUITE_NAMES = Object.keys(SUITES) as SuiteName[];
const suites = (Object.entries(SUITES) as [SuiteName, Suite][]).filter(([, { needs = '' }]) => !missing.has(needs));
const allFaults = FAULTS.flat();

const unseen = allFaults.filter(({ caughtBy }) => !suites.some(([name]) => name in caughtBy));
if (unseen.length > 0) {
  const tools = [...missing].join(' and ');
  process.stderr.write(`\n*** ${unseen.length} of ${allFaults.length} faults were not seeded: they need ${tools}.\n\n`);
}

describe('the table of seeded faults', () => {
  it('names each fault once', () => {
    const names = allFaults.map(({ name }) => name);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });

  it.each(SUITE_NAMES)('asks %s to say something of its own about each', (suite) => {
    const said = allFaults.flatMap(({ caughtBy }) => caughtBy[suite] ?? []);
    expect(said.length).toBeGreaterThan(0);
    expect(said.filter((text, at) => said.some((other, index) => index !== at && other.includes(text)))).toEqual([]);
  });
});

// The reporter (reporter.mjs) counts these tests by this title.
describe.each(suites)('a seeded fault is caught by %s', (name, suite) => {
  const says = (fault: Fault): string => fault.caughtBy[name] ?? '';
  const owned = FAULTS.map((faults) => faults.filter((fault) => says(fault) !== ''));
  const findings = new Map<Fault, string>();
  let open: OpenSuite;
  let copy: InfraCopy;

  beforeAll(async () => {
    copy = new InfraCopy();
    open = await suite.open(copy.root);
    expect(await open.complaints()).toEqual([]);
    for (const faults of owned) {
      for (const [fault, said] of await seed(copy, open, faults, says)) findings.set(fault, said);
    }
  }, 600_000);
  afterAll(async () => {
    await open.close();
    copy.remove();
  });

  it.each(owned.flat().map((fault) => [fault.name, fault] as const))('%s', (_, fault) => {
    expect(findings.get(fault)).toContain(says(fault));
  });
});
