/** One thing that is wrong with a request. */
export interface ProblemPart {
  /** Where in the body, as a JSON pointer (RFC 6901) in a URI fragment: `#/lines/0/sku`. */
  readonly pointer?: string;
  /** Which parameter of the query or the path. */
  readonly parameter?: string;
  /** What is wrong and what was expected. */
  readonly detail: string;
}

export interface ProblemOptions extends ErrorOptions {
  /** Everything that is wrong, where it is more than one thing. */
  readonly errors?: readonly ProblemPart[];
  /** Response headers, for example `retry-after`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request that is answered with a problem document (RFC 9457). */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly errors: readonly ProblemPart[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly status: number,
    /** Stable and for programs, in kebab case; the last part of the document's `type`. */
    readonly code: string,
    /** For people: what is wrong with this request and what to do. */
    detail: string,
    { errors, headers = {}, ...options }: ProblemOptions = {},
  ) {
    super(detail, options);
    this.errors = errors;
    this.headers = headers;
  }
}
