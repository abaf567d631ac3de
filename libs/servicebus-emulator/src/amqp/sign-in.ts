/** Whether a client may go on that shows the name of a key and the key itself. */
export type SignIn = (keyName: string, key: string) => boolean;

/**
 * Whether a client may go on with what it answers to SASL. As Azure has it: PLAIN shows a key and opens what that key
 * does; the other mechanisms let everybody in, and who it is shows in the `$cbs` tokens.
 */
export function checkSasl(mechanism: string, response: Buffer | undefined, signIn: SignIn): boolean {
  if (mechanism !== 'PLAIN') return true;
  // RFC 4616: who to act as, who one is, and the password, with zero bytes in between.
  const [, keyName = '', key = ''] = (response?.toString('utf8') ?? '').split('\0');
  return signIn(keyName, key);
}
