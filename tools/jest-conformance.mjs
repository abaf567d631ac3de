import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const page = join(import.meta.dirname, '..', 'docs', 'conformance.md');
const transport = /^the (.+) transport(?:, with sessions,)?$/;
const missing = /^(.*) \[missing: (.*)\]$/s;
/** The columns of the page; a run that has not all of them says nothing about it. */
const columns = ['memory', 'Azure Service Bus', 'RabbitMQ'];

const azure = [
  '## Azure itself',
  'It has no column: nobody has run the suites there. This does, and the same code is run in CI against the embedded broker over',
  'TLS:',
  '',
  '```bash',
  "AZURE_SERVICEBUS_CONNECTION_STRING='Endpoint=sb://…' npx nx run messaging:azure    # of a namespace, Standard or Premium, with Manage",
  '```',
  'Every test makes entities of its own, called `suite-…`, with locks of 5 s, and removes them; what a run that is killed leaves',
  "behind goes by itself after an hour without use. Nobody can move Azure's time, so it takes some minutes. A process dies there by",
  'its sockets; a restart does not apply. Without the variable it says that it tested nothing. `npm test` does not run it.',
];

/**
 * A Jest reporter that makes docs/conformance.md of the transports' suites: behaviour by broker. A page that differs from
 * what ran fails the run; CONFORMANCE=write writes it instead.
 */
export default class Conformance {
  /** Results by behaviour and transport. @type {Map<string, Map<string, { cell: string, why?: string }>>} */
  #rows = new Map();
  #error;
  /** Some tests were left out, so the run says nothing about the page. */
  #isPartial = false;

  onTestResult(_test, { testResults }) {
    for (const { ancestorTitles, title, status } of testResults) {
      const name = ancestorTitles.map((text) => transport.exec(text)?.[1]).find((found) => columns.includes(found));
      if (name === undefined) continue;
      this.#isPartial ||= status === 'pending';
      const [, behaviour = title, why] = missing.exec(title) ?? [];
      const row = this.#rows.get(behaviour) ?? new Map();
      this.#rows.set(behaviour, row);
      row.set(name, { cell: status !== 'passed' ? 'fails' : why === undefined ? 'yes' : 'missing', why });
    }
  }

  onRunComplete() {
    const seen = new Set([...this.#rows.values()].flatMap((row) => [...row.keys()]));
    if (this.#isPartial || !columns.every((name) => seen.has(name))) return;
    const text = this.#render();
    if (process.env.CONFORMANCE === 'write') return writeFileSync(page, text);
    if (readFileSync(page, 'utf8') === text) return;
    this.#error = new Error('docs/conformance.md is not what ran: write it with CONFORMANCE=write.');
  }

  getLastError() {
    return this.#error;
  }

  #render() {
    const rows = [...this.#rows].sort(([one], [other]) => (one < other ? -1 : 1));
    const cell = (row, name) => row.get(name)?.cell ?? 'does not apply';
    const reasons = rows.flatMap(([behaviour, row]) =>
      [...row].flatMap(([name, { why }]) => (why === undefined ? [] : [`* ${name}, "${behaviour}": ${why}`])),
    );
    return `${[
      '# Conformance of the transports',
      'Written by the run of their suites, and compared with it in CI: `libs/messaging/src/testing/behaviours` has one file a',
      'behaviour. Service Bus is the embedded broker behind the SDK of Azure, RabbitMQ is 3.10.8.',
      '',
      `| a transport | ${columns.join(' | ')} |`,
      `|---|${'---|'.repeat(columns.length)}`,
      ...rows.map(
        ([behaviour, row]) =>
          `| ${behaviour.replaceAll('|', '\\|')} | ${columns.map((name) => cell(row, name)).join(' | ')} |`,
      ),
      '',
      '## What is missing, and why',
      ...reasons,
      '',
      'Memory has no connection to lose and keeps nothing: what is about losing one, or about a restart, does not apply. What',
      'else differs is on the page of [RabbitMQ](rabbitmq.md).',
      '',
      ...azure,
    ].join('\n')}\n`;
  }
}
