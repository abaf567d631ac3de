import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { requireOrExplain } from '../prometheus/tests/requirement.ts';

const read = (path: string) => readFileSync(join(import.meta.dirname, path), 'utf8');

interface Panel {
  readonly title: string;
  readonly description: string;
  readonly datasource: { readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly expr: string }[];
}

const { panels } = JSON.parse(read('orderflow.json')) as { readonly panels: readonly Panel[] };
const expressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

describe('the dashboard', () => {
  it('asks only for metrics that the apps have', () => {
    const telemetry = '../../libs/service-kit/src/telemetry';
    const known = [read(`${telemetry}/metrics.ts`), read(`${telemetry}/http-duration.ts`)].join();
    const asked = new Set(expressions.flatMap((expr) => expr.match(/\b(?:orderflow|http)_\w+/g) ?? []));
    expect(asked.size).toBeGreaterThan(5);
    expect([...asked].filter((name) => !known.includes(`'${name.replace(/_(bucket|count)$/, '')}'`))).toEqual([]);
  });

  it('says what each panel shows, and lets none cover another', () => {
    expect(panels.filter(({ title, description }) => !title || !description)).toEqual([]);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });

  it('reads from the data source that is provisioned', () => {
    const { datasources } = parse(read('datasources.yml')) as { readonly datasources: readonly { uid: string }[] };
    const [{ uid } = { uid: '' }] = datasources;
    expect(new Set(panels.map(({ datasource }) => datasource.uid))).toEqual(new Set([uid]));
  });

  const promtool = requireOrExplain(
    'promtool (Debian package prometheus)',
    spawnSync('promtool', ['--version']).status === 0 ? 'promtool' : undefined,
    "the dashboard's expressions were not parsed",
  );

  (promtool ? it : it.skip)('asks in expressions that Prometheus understands', () => {
    const directory = mkdtempSync(join(tmpdir(), 'orderflow-dashboard-'));
    const rules = expressions.map((expr, index) => ({ record: `panel:${index}`, expr }));
    writeFileSync(join(directory, 'rules.yml'), stringify({ groups: [{ name: 'dashboard', rules }] }));
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', 'rules.yml'], {
      cwd: directory,
      encoding: 'utf8',
    });
    rmSync(directory, { recursive: true });
    expect({ status, output: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, output: '' });
  });
});
