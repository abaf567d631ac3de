export type AccessRight = 'Send' | 'Listen' | 'Manage';

/** A shared access key and what it allows. */
export interface AuthorizationRule {
  readonly keyName: string;
  readonly primaryKey: string;
  readonly secondaryKey: string | undefined;
  /** Manage includes Send and Listen, and Azure wants all three written. */
  readonly rights: readonly AccessRight[];
}
