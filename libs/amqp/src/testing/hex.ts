/** Bytes from hexadecimal text; blanks are for the reader. */
export const hex = (text: string): Buffer => Buffer.from(text.replace(/\s+/g, ''), 'hex');

/** Text as hexadecimal, to stand in such a text. */
export const ascii = (text: string): string => Buffer.from(text, 'latin1').toString('hex');
