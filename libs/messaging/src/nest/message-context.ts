import { BaseRpcContext } from '@nestjs/microservices';
import { type Cause, causeOf, causeReference } from '../envelope-writer.js';
import type { Message } from '../message.js';
import type { Delivery } from '../transport.js';

/** What a handler may know about the delivery it handles, besides the payload. */
export class MessageContext extends BaseRpcContext<[Message, Delivery]> {
  get message(): Message {
    return this.getArgByIndex(0);
  }

  get delivery(): Delivery {
    return this.getArgByIndex(1);
  }

  /** Aborted when the consumer stops or the message's lock was lost: give up, somebody else will have it. */
  get signal(): AbortSignal {
    return this.delivery.signal;
  }

  /** For the messages this one leads to. */
  get cause(): Cause {
    return causeOf(this.message);
  }

  /** The id and attempt of this message, as payloads name their cause. */
  get causeReference(): { messageId: string; attempt: number } {
    return causeReference(this.message, this.delivery);
  }
}
