import rhea from 'rhea';

const body = rhea.message.data_section(Buffer.alloc(1_024, 'x'));

/** A message with a body of 1 KB, as it comes off the wire. */
export const encodedMessage: Buffer = rhea.message.encode({ message_id: 'bench', body } as unknown as rhea.Message);
