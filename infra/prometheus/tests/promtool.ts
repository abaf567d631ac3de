import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const QUESTIONS = [
  ['check', 'config', 'prometheus.yml'],
  ['check', 'config', 'compose.yml'],
  ['check', 'config', 'kubernetes.yml'],
  ['check', 'rules', 'rules.yml'],
  ['test', 'rules', 'rules.test.yml'],
  ['check', 'config', 'rabbitmq-scrape.yml'],
  ['check', 'rules', 'rabbitmq.yml'],
  ['test', 'rules', 'rabbitmq.test.yml'],
] as const;

const FILES = [
  'rules.yml',
  'rules.test.yml',
  'prometheus.yml',
  'rabbitmq.yml',
  'rabbitmq.test.yml',
  'rabbitmq-scrape.yml',
];

/** What promtool says of a checkout's rules, their tests and the scrape configurations; nothing when all is well. */
export async function promtoolProblems(root: string): Promise<readonly string[]> {
  const work = mkdtempSync(join(tmpdir(), 'orderflow-rules-'));
  try {
    for (const file of FILES) {
      cpSync(join(root, 'infra/prometheus', file), join(work, file));
    }
    cpSync(join(root, 'infra/compose/prometheus.yml'), join(work, 'compose.yml'));
    writeFileSync(join(work, 'kubernetes.yml'), withoutDiscovery(root));
    return QUESTIONS.flatMap((question) => {
      const { status, stdout, stderr } = spawnSync('promtool', question, { cwd: work, encoding: 'utf8' });
      return status === 0 ? [] : [`promtool ${question.join(' ')}: ${stdout}${stderr}`];
    });
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** Debian builds Prometheus without the discovery of Kubernetes; everything else of the file is checked. */
const withoutDiscovery = (root: string): string =>
  readFileSync(join(root, 'infra/prometheus/kubernetes.yml'), 'utf8').replace(
    /kubernetes_sd_configs:\n(?: {6}.*\n)*/,
    'static_configs: [{ targets: ["127.0.0.1:3000"] }]\n',
  );
