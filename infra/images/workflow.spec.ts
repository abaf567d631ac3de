import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number;
  readonly steps: readonly Step[];
}

const text = readFileSync(join(import.meta.dirname, '../../.github/workflows/ci.yml'), 'utf8');
const workflow = parse(text) as {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
};
const jobs = Object.entries(workflow.jobs);
const steps = jobs.flatMap(([, job]) => job.steps);
const runs = (command: string) => steps.some(({ run }) => run?.includes(command));

describe('the workflow', () => {
  it('takes actions at a commit, with the version beside it', () => {
    const used = steps.flatMap(({ uses }) => uses ?? []);
    expect(used.length).toBeGreaterThan(5);
    expect(used.filter((action) => !/^[\w.-]+\/[\w.-]+@[0-9a-f]{40}$/.test(action))).toEqual([]);
    expect(text.match(/uses: \S+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/gm)).toHaveLength(used.length);
  });

  it('may read the code and nothing else, also for a pull request from outside', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
    expect(jobs.filter(([, { permissions }]) => permissions !== undefined)).toEqual([]);
    expect(Object.keys(workflow.on)).toEqual(['push', 'pull_request']);
    expect(text).not.toContain('secrets.');
  });

  it('leaves no token in the checkout and puts nothing a stranger wrote into a script', () => {
    const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'));
    expect(checkouts.filter((step) => step.with?.['persist-credentials'] !== false)).toEqual([]);
    expect(steps.filter(({ run }) => run?.includes('${{'))).toEqual([]);
  });

  it('gives every job an end', () => {
    expect(jobs.filter(([, job]) => !(Number(job['timeout-minutes']) <= 40)).map(([name]) => name)).toEqual([]);
  });

  it('runs everything: what changed, all tests, the images, the bill of materials', () => {
    expect(
      ['nx affected', '.ci/run', 'npm run test:images', 'npm run sbom', 'npm audit --audit-level=high'].filter(
        (command) => !runs(command),
      ),
    ).toEqual([]);
  });
});
