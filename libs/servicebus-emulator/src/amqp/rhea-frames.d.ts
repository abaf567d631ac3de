declare module 'rhea/lib/frames.js' {
  /** The part of rhea's frame writer that it does not publish. */
  const frames: {
    disposition(fields: {
      /** True when the receiver of the deliveries says so. */
      readonly role: boolean;
      readonly first: number;
      readonly last: number;
      readonly state: unknown;
      readonly settled: boolean;
    }): unknown;
  };
  export default frames;
}
