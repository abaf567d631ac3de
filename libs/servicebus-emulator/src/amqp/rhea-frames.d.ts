declare module 'rhea/lib/frames.js' {
  /** The part of rhea's frame reader and writer that it does not publish. */
  const frames: {
    disposition(fields: {
      /** True when the receiver of the deliveries says so. */
      readonly role: boolean;
      readonly first: number;
      readonly last: number;
      readonly state: unknown;
      readonly settled: boolean;
    }): unknown;
    read_frame(bytes: Buffer): {
      readonly channel: number;
      readonly performative: Readonly<Record<string, unknown>>;
      readonly payload?: Buffer;
    };
  };
  export default frames;
}
