import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { requireOrExplain } from './requirement.ts';

const DIRECTORY = join(import.meta.dirname, '..');
const METRICS = join(DIRECTORY, '../../libs/service-kit/src/telemetry/metrics.ts');

interface Rule {
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: { readonly severity?: string };
  readonly annotations?: { readonly summary?: string; readonly runbook?: string };
}

const read = (file: string) => readFileSync(join(DIRECTORY, file), 'utf8');
const { groups } = parse(read('rules.yml')) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const alerts = rules.filter(({ alert }) => alert !== undefined);

describe('the alert rules', () => {
  it('ask only for metrics that the apps have', () => {
    const asked = new Set(rules.flatMap(({ expr }) => [...expr.matchAll(/\borderflow_\w+/g)].map(([name]) => name)));
    const source = readFileSync(METRICS, 'utf8');
    expect([...asked].filter((name) => !source.includes(`'${name}'`))).toEqual([]);
  });

  it.each(alerts.map((rule) => [rule.alert, rule] as const))('%s says how bad it is and what to do', (_, rule) => {
    expect(rule.labels?.severity).toMatch(/^(warning|critical)$/);
    expect(rule.annotations?.summary).toBeTruthy();
    expect(rule.annotations?.runbook).toBeTruthy();
  });

  it('have a test each', () => {
    const tested = [...read('rules.test.yml').matchAll(/alertname: (\w+)/g)].map(([, name]) => name);
    expect(alerts.filter(({ alert }) => !tested.includes(alert))).toEqual([]);
  });
});

const promtool = requireOrExplain(
  'promtool (Debian package prometheus)',
  spawnSync('promtool', ['--version']).status === 0 ? 'promtool' : undefined,
  'the alert rules were read but not run',
);

(promtool ? describe : describe.skip)('promtool', () => {
  it.each([
    ['check', 'config', 'prometheus.yml'],
    ['check', 'rules', 'rules.yml'],
    ['test', 'rules', 'rules.test.yml'],
  ])('%s %s %s', (...args) => {
    const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: DIRECTORY, encoding: 'utf8' });
    expect({ status, output: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, output: '' });
  });

  it('notices a rule that does not fire', () => {
    const directory = mkdtempSync(join(tmpdir(), 'orderflow-rules-'));
    const healthy = read('rules.test.yml').replace('"0 70 130 190 250"', '"0 1 1 1 1"');
    writeFileSync(join(directory, 'rules.test.yml'), healthy);
    cpSync(join(DIRECTORY, 'rules.yml'), join(directory, 'rules.yml'));
    const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', 'rules.test.yml'], {
      cwd: directory,
      encoding: 'utf8',
    });
    rmSync(directory, { recursive: true });
    expect(status).toBe(1);
    expect(stdout + stderr).toContain('OrderFlowOutboxStuck');
  });
});
