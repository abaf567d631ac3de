export { Composite, type Draft, type Field, type FieldTable } from './codec/composite.js';
export { DecodeError } from './codec/decode-error.js';
export type { Fields, FieldType } from './codec/field-types.js';
export {
  ATTACH,
  type Attach,
  BEGIN,
  type Begin,
  CLOSE,
  type Close,
  DETACH,
  type Detach,
  DISPOSITION,
  type Disposition,
  END,
  type End,
  FLOW,
  type Flow,
  OPEN,
  type Open,
  type Performative,
  performative,
  TRANSFER,
  type Transfer,
} from './codec/performatives.js';
export {
  SASL_CHALLENGE,
  SASL_INIT,
  SASL_MECHANISMS,
  SASL_OUTCOME,
  SASL_RESPONSE,
  type SaslChallenge,
  type SaslInit,
  type SaslMechanisms,
  type SaslOutcome,
  type SaslPerformative,
  type SaslResponse,
  saslPerformative,
} from './codec/sasl-performatives.js';
export {
  ACCEPTED,
  type Accepted,
  type AmqpError,
  DECLARE,
  DECLARED,
  type Declare,
  type Declared,
  type DeliveryState,
  DISCHARGE,
  type Discharge,
  deliveryState,
  ERROR,
  MODIFIED,
  type Modified,
  type Outcome,
  outcome,
  RECEIVED,
  REJECTED,
  RELEASED,
  type Received,
  type Rejected,
  type Released,
  TRANSACTIONAL_STATE,
  type TransactionalState,
} from './codec/states.js';
export { COORDINATOR, type Coordinator, SOURCE, type Source, TARGET, type Target } from './codec/terminus.js';
export {
  AmqpArray,
  type AmqpMap,
  type AmqpValue,
  Described,
  type PrimitiveType,
  Scalar,
  type ScalarType,
  symbol,
  typeOf,
  uint,
} from './codec/value.js';
export { ValueReader } from './codec/value-reader.js';
export { ValueWriter } from './codec/value-writer.js';
export { AmqpServer } from './engine/connection.js';
export { amqpError, CONDITION, type ErrorDraft } from './engine/errors.js';
export type {
  AttachAnswer,
  Delivery,
  Link,
  Listener,
  ReceiverLink,
  SenderLink,
  SendOptions,
  Session,
} from './engine/listener.js';
export type { Settings } from './engine/settings.js';
export { NONE } from './frames/field-cursor.js';
export {
  AMQP_FRAME,
  type Frame,
  type FrameListener,
  FrameReader,
  type ProtocolHeader,
  SASL_FRAME,
} from './frames/frame-reader.js';
export { FramingError } from './frames/framing-error.js';
export { BufferPool, Output } from './frames/output.js';
export { DispositionFields, FlowFields, TransferFields } from './frames/read-hot.js';
export { writeFrame, writeHeartbeat, writeProtocolHeader } from './frames/write-frame.js';
export {
  type OutgoingDisposition,
  type OutgoingFlow,
  type OutgoingTransfer,
  writeDisposition,
  writeFlow,
  writeTransfer,
} from './frames/write-hot.js';
export { advance, distance, isWithin } from './serial.js';
