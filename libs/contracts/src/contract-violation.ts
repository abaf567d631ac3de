import { core } from 'zod';

/** One thing that is wrong with a payload. */
export interface Problem {
  /** Where, for example `lines[0].sku`; empty for the payload as a whole. */
  readonly path: string;
  /** What is wrong and what was expected. */
  readonly message: string;
}

/** A payload that is not what its contract says; lists every problem, not only the first. */
export class ContractViolation extends Error {
  override readonly name = 'ContractViolation';
  readonly problems: readonly Problem[];

  constructor(contract: { readonly type: string; readonly version: number }, problems: readonly Problem[]) {
    const details = problems.map(({ path, message }) => (path ? `${path}: ${message}` : message));
    super(`not a valid ${contract.type} version ${contract.version}: ${details.join('; ')}`);
    this.problems = problems;
  }

  /** Reads the issues of a failed zod parse. */
  static fromIssues(
    contract: { readonly type: string; readonly version: number },
    issues: readonly core.$ZodIssue[],
  ): ContractViolation {
    return new ContractViolation(
      contract,
      issues.map(({ path, message }) => ({ path: core.toDotPath(path), message })),
    );
  }
}
