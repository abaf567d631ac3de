export interface User {
  readonly name: string;
  readonly tags: string;
  readonly configure: string;
  readonly write: string;
  readonly read: string;
}
export declare const users: readonly User[];
export declare const policies: readonly { readonly name: string; readonly pattern: string }[];
