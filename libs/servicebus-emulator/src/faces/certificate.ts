/** A server's certificate with its key, both PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}
