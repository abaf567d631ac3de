/**
 * A property as rules see it. The types follow what C# would see, because the operators do:
 * every AMQP integer type is a `bigint`, float and double are a `number`, string, symbol, char and
 * uuid (in its text form) are a `string`, a timestamp is a `Date`.
 */
export type FilterValue = null | boolean | bigint | number | string | Date | Timespan;

/** A span of time, such as `sys.TimeToLive` or the difference of two timestamps. */
export class Timespan {
  readonly milliseconds: number;

  constructor(milliseconds: number) {
    this.milliseconds = milliseconds;
  }
}
