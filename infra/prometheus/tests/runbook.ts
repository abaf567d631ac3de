import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { alertNames } from './prometheus-problems.ts';

const MODULE = 'infra/terraform/modules/alerts';

/** Every alert that can reach somebody: of Prometheus by its name, of Azure by its name without the project's. */
export async function alertsToExplain(root: string): Promise<readonly string[]> {
  const directory = join(root, MODULE);
  const files = readdirSync(directory).filter((file) => file.endsWith('.tf'));
  const source = files.map((file) => readFileSync(join(directory, file), 'utf8')).join('\n');
  return [...alertNames(root), ...azureAlerts(source)];
}

/** What is wrong between docs/runbook.md and the alerts; nothing when each has its line and no line is left over. */
export async function runbookProblems(root: string): Promise<readonly string[]> {
  const page = readFileSync(join(root, 'docs/runbook.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `([\w-]+)` \| (.*?) \| (.*?) \| (.*?) \|$/gm)];
  const explained = rows.map(([, name = '']) => name);
  const alerts = await alertsToExplain(root);
  return [
    ...alerts
      .filter((name) => !explained.includes(name))
      .map((name) => `docs/runbook.md has no line for the alert ${name}`),
    ...explained
      .filter((name) => !alerts.includes(name))
      .map((name) => `docs/runbook.md explains ${name}, which is no alert`),
    ...explained
      .filter((name, at) => explained.indexOf(name) !== at)
      .map((name) => `docs/runbook.md explains ${name} twice`),
    ...rows
      .filter(([, , ...cells]) => cells.some((cell) => cell.trim().length < 10))
      .map(([, name]) => `docs/runbook.md does not say what ${name} means, how to look and what to do`),
  ];
}

/**
 * The alerts in Terraform's source, which `terraform fmt` keeps in one shape. What is made for each app or queue is one
 * alert here: `APP-replicas-missing`, `backlog-QUEUE`.
 */
function azureAlerts(source: string): readonly string[] {
  const resources = [...source.matchAll(/^resource "azurerm_monitor_\w*alert\w*" "\w+" \{\n(.*?)^\}/gms)];
  return resources.flatMap(([, body = '']) => {
    const [, name = ''] = /^ {2}name += "\$\{var\.name\}-([^"]+)"$/m.exec(body) ?? [];
    const [, local] = /^ {2}for_each = local\.(\w+)$/m.exec(body) ?? [];
    if (name === '') throw new Error(`an alert of ${MODULE} has a name that does not begin with the project's`);
    return (local === undefined ? ['APP'] : keysOf(source, local)).map((key) => name.replace('${each.key}', key));
  });
}

/** The keys of a local map: written out, made by `for`, or merged of others. */
function keysOf(source: string, local: string): readonly string[] {
  const [, merged] = new RegExp(`^ {2}${local} += merge\\((.*)\\)$`, 'm').exec(source) ?? [];
  if (merged !== undefined) {
    return [...merged.matchAll(/local\.(\w+)/g)].flatMap(([, each = '']) => keysOf(source, each));
  }
  const [, body = ''] = new RegExp(`^ {2}${local} += (.*?)^ {2}\\}`, 'ms').exec(source) ?? [];
  const generated = [...body.matchAll(/"([a-z-]+-)\$\{key\}" =>/g)].map(([, prefix = '']) => `${prefix}QUEUE`);
  const written = [...body.matchAll(/^ {4}([a-z][a-z-]*) += \{$/gm)].map(([, key = '']) => key);
  const keys = [...generated, ...written];
  if (keys.length === 0) throw new Error(`${MODULE} has no local map ${local} whose keys can be read`);
  return keys;
}
