/**
 * Writes the software bill of materials of what is shipped (CycloneDX), and looks at the licences in it:
 *   node tools/sbom.mjs orderflow.cdx.json
 * Ends with 1 when something is under a licence that is not listed here: that is a decision, not a default.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

/** None of them asks more of who ships a program than to name the authors. */
const accepted = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'Python-2.0',
  'Unlicense',
]);

/** The licences of a component: names, or an expression such as `(MIT OR Apache-2.0)`. */
export function licencesOf({ licenses = [] }) {
  return licenses.map(({ license, expression }) => expression ?? license?.id ?? license?.name ?? '').filter(Boolean);
}

/** Whether one of the alternatives is accepted, all of whose parts are. */
export function isAccepted(expression) {
  const alternatives = expression.replaceAll(/[()]/g, ' ').split(/\sOR\s/);
  return alternatives.some((each) => each.split(/\sAND\s/).every((part) => accepted.has(part.trim())));
}

/** What has to be looked at, a line for each component. */
export function licenceProblems(components) {
  return components.flatMap((component) => {
    const licences = licencesOf(component);
    const name = `${component.group ? `${component.group}/` : ''}${component.name}@${component.version}`;
    if (licences.length === 0) return [`${name} names no licence`];
    return licences.every(isAccepted) ? [] : [`${name} is under ${licences.join(', ')}`];
  });
}

if (import.meta.main) {
  const [file = 'orderflow.cdx.json'] = process.argv.slice(2);
  const text = execFileSync('npm', ['sbom', '--omit=dev', '--sbom-format=cyclonedx'], { maxBuffer: 1 << 28 });
  const { components } = JSON.parse(text.toString());
  const others = components.filter(({ purl = '' }) => !purl.startsWith('pkg:npm/%40orderflow/'));
  const problems = licenceProblems(others);
  writeFileSync(file, text);
  const counts = Map.groupBy(others, (each) => licencesOf(each).join(', ') || 'none');
  for (const [licence, all] of [...counts].sort()) {
    process.stdout.write(`${String(all.length).padStart(4)}  ${licence}\n`);
  }
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
