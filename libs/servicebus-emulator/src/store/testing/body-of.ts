/** The body of message `number` in the kill test: every length and content differs, so that a mix-up shows. */
export function bodyOf(number: number): Buffer {
  return Buffer.alloc((number * 37) % 2500, `${number};`);
}
