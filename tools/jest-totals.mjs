import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A Jest reporter that leaves a project's totals in `test-totals.json`, for tools/test.mjs to sum up. */
export default class JestTotals {
  #rootDir;

  constructor(globalConfig) {
    this.#rootDir = globalConfig.rootDir;
  }

  onRunComplete(
    _contexts,
    { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numRuntimeErrorTestSuites },
  ) {
    const totals = {
      passed: numPassedTests,
      failed: numFailedTests + numRuntimeErrorTestSuites,
      skipped: numPendingTests + numTodoTests,
    };
    writeFileSync(join(this.#rootDir, 'test-totals.json'), `${JSON.stringify(totals)}\n`);
  }
}
