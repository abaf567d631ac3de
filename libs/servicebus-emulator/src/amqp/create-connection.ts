import rhea from 'rhea';
import type { ConnectionInternals } from './rhea-internals.js';
import { INCOMING_WINDOW } from './wire/incoming-transfers.js';
import { OUTGOING_WINDOW } from './wire/outgoing-transfers.js';

/** The largest frame a client may send; larger messages come in several. */
export const MAX_FRAME_SIZE = 256 * 1024;

/** Whether a client may go on that shows the name of a key and the key itself. */
export type SignIn = (keyName: string, key: string) => boolean;

/** A connection of rhea that is ready to accept a client. @param id what the broker calls itself */
export function createConnection(id: string, signIn: SignIn): ConnectionInternals {
  // A container for each: what SASL asks must know its client. And rhea's default one is that of clients in this process.
  const container = rhea.create_container({ id });
  offerMechanisms(container, signIn);
  return container.create_connection({
    reconnect: false,
    max_frame_size: MAX_FRAME_SIZE,
    channel_max: 4_999,
    idle_time_out: 120_000,
    session_buffer_size: { incoming: INCOMING_WINDOW, outgoing: OUTGOING_WINDOW },
    receiver_options: { autoaccept: false, autosettle: false, credit_window: 0 },
    sender_options: { autosettle: false, treat_modified_as_released: false },
  } as unknown as rhea.ConnectionOptions) as unknown as ConnectionInternals;
}

interface Mechanisms {
  readonly sasl_server_mechanisms: Record<string, () => SaslMechanism> & {
    enable_anonymous(): void;
    /** What a client leaves empty is null. */
    enable_plain(check: (user: string | null, password: string | null) => boolean): void;
  };
}

interface SaslMechanism {
  outcome: boolean | undefined;
  username: string | undefined;
  start(): void;
}

/**
 * As Azure has it: PLAIN shows a key and opens what that key does; ANONYMOUS and MSSBCBS let everybody in, and who it is
 * shows in the `$cbs` tokens.
 */
function offerMechanisms(container: rhea.Container, signIn: SignIn): void {
  const { sasl_server_mechanisms: mechanisms } = container as unknown as Mechanisms;
  mechanisms.enable_anonymous();
  mechanisms.enable_plain((keyName, key) => signIn(keyName ?? '', key ?? ''));
  mechanisms['MSSBCBS'] = () => ({
    outcome: undefined,
    username: undefined,
    start() {
      this.outcome = true;
    },
  });
}
