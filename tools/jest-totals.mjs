import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A Jest reporter that leaves a project's totals in `test-totals.json`, for tools/test.mjs to sum up; in
 * `test-totals-PART.json` where the project's tests run in parts and TEST_PART names this one.
 */
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
    const part = process.env['TEST_PART'];
    writeFileSync(
      join(this.#rootDir, part ? `test-totals-${part}.json` : 'test-totals.json'),
      `${JSON.stringify(totals)}\n`,
    );
  }
}
