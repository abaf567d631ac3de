const CAUGHT_BY = /^a seeded fault is caught by (\w+)$/;

/**
 * A Jest reporter whose last word is how many of the seeded faults were caught. A fault counts once, and as caught only
 * when every suite that ran and should notice it did.
 */
export default class SeededFaults {
  #caught = new Map();

  onTestResult(_test, { testResults }) {
    for (const { ancestorTitles, title, status } of testResults) {
      if (!ancestorTitles.some((ancestor) => CAUGHT_BY.test(ancestor))) continue;
      this.#caught.set(title, (this.#caught.get(title) ?? true) && status === 'passed');
    }
  }

  /** Jest prints its own summary after every reporter's last call: only the end of the process comes later. */
  onRunComplete() {
    if (this.#caught.size === 0) return;
    const caught = [...this.#caught.values()].filter(Boolean).length;
    process.once('exit', () => process.stdout.write(`seeded faults: ${caught} caught of ${this.#caught.size}\n`));
  }
}
