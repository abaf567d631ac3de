import { Composite, mandatory, oneOf, optional } from './composite.js';
import { binary, string, symbol, symbols, ubyte } from './field-types.js';

export interface SaslMechanisms {
  readonly type: 'sasl-mechanisms';
  readonly saslServerMechanisms: readonly string[];
}

export const SASL_MECHANISMS = new Composite<SaslMechanisms>('sasl-mechanisms', 0x40, {
  saslServerMechanisms: mandatory(symbols),
});

export interface SaslInit {
  readonly type: 'sasl-init';
  readonly mechanism: string;
  readonly initialResponse: Buffer | undefined;
  readonly hostname: string | undefined;
}

export const SASL_INIT = new Composite<SaslInit>('sasl-init', 0x41, {
  mechanism: mandatory(symbol),
  initialResponse: optional(binary),
  hostname: optional(string),
});

export interface SaslChallenge {
  readonly type: 'sasl-challenge';
  readonly challenge: Buffer;
}

export const SASL_CHALLENGE = new Composite<SaslChallenge>('sasl-challenge', 0x42, { challenge: mandatory(binary) });

export interface SaslResponse {
  readonly type: 'sasl-response';
  readonly response: Buffer;
}

export const SASL_RESPONSE = new Composite<SaslResponse>('sasl-response', 0x43, { response: mandatory(binary) });

export interface SaslOutcome {
  readonly type: 'sasl-outcome';
  /** 0 ok, 1 refused, 2 to 4 the server's own trouble. */
  readonly code: number;
  readonly additionalData: Buffer | undefined;
}

export const SASL_OUTCOME = new Composite<SaslOutcome>('sasl-outcome', 0x44, {
  code: mandatory(ubyte),
  additionalData: optional(binary),
});

export type SaslPerformative = SaslMechanisms | SaslInit | SaslChallenge | SaslResponse | SaslOutcome;

/** What a SASL frame holds. */
export const saslPerformative = oneOf<SaslPerformative>('SASL performative', [
  ...[SASL_INIT, SASL_RESPONSE, SASL_MECHANISMS, SASL_CHALLENGE, SASL_OUTCOME],
]);
