import { once } from 'node:events';
import rhea from 'rhea';

/** What a management node answers. */
export interface RawReply {
  readonly status: number;
  readonly condition: string | undefined;
  readonly body: Record<string, unknown>;
}

interface Credentials {
  readonly username: string;
  readonly password?: string;
}

/** A bare AMQP client, for what Microsoft's own does not do. */
export class RawClient {
  readonly connection: rhea.Connection;

  private constructor(connection: rhea.Connection) {
    this.connection = connection;
  }

  /**
   * @param credentials shown by SASL PLAIN; without a password it is ANONYMOUS
   * @throws what the broker ends the connection with before it is open
   */
  static async connect(port: number, credentials: Credentials = { username: 'x', password: 'y' }): Promise<RawClient> {
    const container = rhea.create_container();
    // Tests await the events they are about; the others must not end the process.
    for (const event of [
      'connection_error',
      'disconnected',
      'session_error',
      'sender_error',
      'receiver_error',
      'error',
    ]) {
      container.on(event, () => undefined);
    }
    const connection = container.connect({ host: '127.0.0.1', port, ...credentials, reconnect: false });
    await new Promise<void>((resolve, reject) => {
      container.once('connection_open', () => resolve());
      container.once('connection_error', ({ error }: { readonly error: Error }) => reject(error));
    });
    return new RawClient(connection);
  }

  /** A sender with credit. */
  async openSender(address: string): Promise<rhea.Sender> {
    const sender = this.connection.open_sender({ target: { address } });
    await once(sender, 'sendable');
    return sender;
  }

  /** A receiver that gets what it gives credit for, and settles nothing by itself. */
  async openReceiver(address: string, options: rhea.ReceiverOptions = {}): Promise<rhea.Receiver> {
    const manual = { autoaccept: false, autosettle: false, credit_window: 0, rcv_settle_mode: 1 } as const;
    const receiver = this.connection.open_receiver({ source: { address }, ...manual, ...options });
    await once(receiver, 'receiver_open');
    return receiver;
  }

  /** Asks an entity's `$management` node. */
  async request(entity: string, operation: string, body: Record<string, unknown>): Promise<RawReply> {
    const address = `${entity}/$management`;
    const receiver = this.connection.open_receiver({ source: { address }, target: { address: 'replies' } });
    const sender = await this.openSender(address);
    sender.send({ message_id: '1', reply_to: 'replies', application_properties: { operation }, body });
    const [{ message }] = (await once(receiver, 'message')) as [{ readonly message: rhea.Message }];
    const { statusCode, errorCondition } = message.application_properties ?? {};
    receiver.close();
    sender.close();
    return { status: Number(statusCode), condition: errorCondition as string | undefined, body: message.body };
  }

  async close(): Promise<void> {
    if (!this.connection.is_open()) return;
    const closed = once(this.connection, 'connection_close');
    this.connection.close();
    await closed;
  }
}
