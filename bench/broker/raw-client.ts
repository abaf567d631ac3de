/** A plain rhea client: as little work as rhea allows, so that the server is what is measured. */
import { once } from 'node:events';
import rhea from 'rhea';
import { encodedMessage } from './message.js';

export interface RawConnection {
  readonly connection: rhea.Connection;
  close(): Promise<void>;
}

/** @param noDelay whether every frame leaves at once; rhea's default, as that of Microsoft's SDK, is Nagle's algorithm */
export async function connect(port: number, noDelay = false): Promise<RawConnection> {
  const container = rhea.create_container();
  const options = { host: '127.0.0.1', port, username: 'bench', reconnect: false, tcp_no_delay: noDelay };
  const connection = container.connect(options as rhea.ConnectionOptions);
  container.on('disconnected', () => undefined);
  await once(container, 'connection_open');
  connection.setMaxListeners(0);
  return {
    connection,
    close: async () => {
      const closed = once(container, 'connection_close');
      connection.close();
      await closed;
    },
  };
}

/** Sends `count` messages, as many in flight as the link has credit. @returns seconds */
export async function sendPipelined({ connection }: RawConnection, address: string, count: number): Promise<number> {
  const sender = connection.open_sender({ target: { address } });
  await once(sender, 'sendable');
  const start = performance.now();
  let sent = 0;
  let accepted = 0;
  const done = new Promise<void>((resolve, reject) => {
    sender.on('accepted', () => {
      if (++accepted === count) resolve();
    });
    sender.on('rejected', ({ delivery }) => reject(new Error(String(delivery?.remote_state?.error))));
  });
  const pump = () => {
    while (sent < count && sender.sendable() && sent - accepted < 1_000) {
      sent++;
      (sender as unknown as { send(bytes: Buffer, tag: Buffer, format: number): void }).send(
        encodedMessage,
        Buffer.from(String(sent)),
        0,
      );
    }
  };
  sender.on('sendable', pump);
  sender.on('accepted', pump);
  pump();
  await done;
  const seconds = (performance.now() - start) / 1_000;
  sender.close();
  return seconds;
}

/** Receives `count` messages under locks and completes each. @returns seconds */
export async function receiveAndComplete(
  { connection }: RawConnection,
  address: string,
  count: number,
): Promise<number> {
  const receiver = connection.open_receiver({
    source: { address },
    rcv_settle_mode: 1,
    snd_settle_mode: 0,
    credit_window: 0,
    autoaccept: false,
    autosettle: false,
  });
  await once(receiver, 'receiver_open');
  // What the peer may still send; rhea keeps the count and leaves it out of its types.
  const credit = () => (receiver as unknown as { readonly credit: number }).credit;
  const start = performance.now();
  let received = 0;
  let settled = 0;
  const WINDOW = 500;
  await new Promise<void>((resolve) => {
    receiver.on('message', ({ delivery }) => {
      received++;
      (delivery as unknown as { update(settled: boolean, state: unknown): void }).update(
        false,
        (rhea.message as unknown as { accepted(): { described(): unknown } }).accepted().described(),
      );
    });
    receiver.on('settled', ({ delivery }) => {
      (delivery as unknown as { settled: boolean }).settled = true;
      settled++;
      if (settled === count) resolve();
      else if (received + credit() - settled < WINDOW && received + credit() < count) {
        receiver.add_credit(Math.min(WINDOW / 2, count - received - credit()));
      }
    });
    receiver.add_credit(Math.min(WINDOW, count));
  });
  const seconds = (performance.now() - start) / 1_000;
  receiver.close();
  return seconds;
}
