import type { AuthorizationRule } from './authorization-rule.js';

/** A duration without end, in ms: what Azure writes as `P10675199DT2H48M5.4775807S`. */
export const FOREVER = 922_337_203_685_477;

export type EntityStatus = 'Active' | 'Disabled' | 'SendDisabled' | 'ReceiveDisabled';

/** What queues, topics and subscriptions have in common. Durations are in ms. */
interface CommonOptions {
  /** A message's time to live when it has none, and the most it may have. 1 s to {@link FOREVER}, the default. */
  readonly defaultMessageTimeToLive: number;
  /** The entity is deleted after this long without use. 5 min to {@link FOREVER}, the default. */
  readonly autoDeleteOnIdle: number;
  /** Accepted, without effect here. Default true. */
  readonly enableBatchedOperations: boolean;
  /** Default `Active`. */
  readonly status: EntityStatus;
  /** Any text, at most 1,024 characters. Default empty. */
  readonly userMetadata: string;
}

/** What keeps and hands out messages: queues and subscriptions. */
interface ReceivingOptions extends CommonOptions {
  /** How long a received message stays locked. 5 s to 5 min, default 1 min. */
  readonly lockDuration: number;
  /** Failed deliveries after which a message is dead-lettered. 1 to 2,000, default 10. */
  readonly maxDeliveryCount: number;
  /** Only sessions can be received. Fixed at creation. Default false. */
  readonly requiresSession: boolean;
  /** Expired messages are dead-lettered rather than dropped. Default false. */
  readonly deadLetteringOnMessageExpiration: boolean;
  /** Messages go on to this queue or topic. A name in this namespace; default none. */
  readonly forwardTo: string | undefined;
  /** Dead-lettered messages go on to this queue or topic. A name in this namespace; default none. */
  readonly forwardDeadLetteredMessagesTo: string | undefined;
}

/** What is stored by size and may detect duplicates: queues and topics. */
interface SendingOptions extends CommonOptions {
  /**
   * Messages beyond this size in all are refused. 1 to 81,920 MB, default 1,024. For a partitioned entity it is the
   * size of one partition, at most 5,120: see {@link sizeInMegabytes}.
   */
  readonly maxSizeInMegabytes: number;
  /** The largest message, in KB: 256, the default (Standard), or 1,024 to 102,400 (Premium). */
  readonly maxMessageSizeInKilobytes: number;
  /** A message whose id was seen within the window is accepted and dropped. Fixed at creation. Default false. */
  readonly requiresDuplicateDetection: boolean;
  /** 20 s to 7 days, default 10 min. */
  readonly duplicateDetectionHistoryTimeWindow: number;
  /** Multiplies the size by the 16 partitions of Azure; no other effect here. Fixed at creation. Default false. */
  readonly enablePartitioning: boolean;
  /** Accepted, without effect here. Default false. */
  readonly enableExpress: boolean;
  /** Shared access keys that open this entity only. Default none. */
  readonly authorizationRules: readonly AuthorizationRule[];
}

export interface QueueOptions extends ReceivingOptions, SendingOptions {}

export interface TopicOptions extends SendingOptions {
  /** Accepted, without effect here: messages are always ordered. Default true. */
  readonly supportOrdering: boolean;
}

export interface SubscriptionOptions extends ReceivingOptions {
  /** A message on which a filter fails is dead-lettered into the subscription. Default true. */
  readonly deadLetteringOnFilterEvaluationExceptions: boolean;
}

const MINUTE = 60_000;

const COMMON: CommonOptions = {
  defaultMessageTimeToLive: FOREVER,
  autoDeleteOnIdle: FOREVER,
  enableBatchedOperations: true,
  status: 'Active',
  userMetadata: '',
};

const RECEIVING: ReceivingOptions = {
  ...COMMON,
  lockDuration: MINUTE,
  maxDeliveryCount: 10,
  requiresSession: false,
  deadLetteringOnMessageExpiration: false,
  forwardTo: undefined,
  forwardDeadLetteredMessagesTo: undefined,
};

const SENDING: SendingOptions = {
  ...COMMON,
  maxSizeInMegabytes: 1024,
  maxMessageSizeInKilobytes: 256,
  requiresDuplicateDetection: false,
  duplicateDetectionHistoryTimeWindow: 10 * MINUTE,
  enablePartitioning: false,
  enableExpress: false,
  authorizationRules: [],
};

/** Azure's defaults. */
export const DEFAULT_QUEUE_OPTIONS: QueueOptions = Object.freeze({ ...RECEIVING, ...SENDING });
export const DEFAULT_TOPIC_OPTIONS: TopicOptions = Object.freeze({ ...SENDING, supportOrdering: true });
export const DEFAULT_SUBSCRIPTION_OPTIONS: SubscriptionOptions = Object.freeze({
  ...RECEIVING,
  deadLetteringOnFilterEvaluationExceptions: true,
});

/** The defaults by kind of entity. */
export const DEFAULT_OPTIONS = Object.freeze({
  queue: DEFAULT_QUEUE_OPTIONS,
  topic: DEFAULT_TOPIC_OPTIONS,
  subscription: DEFAULT_SUBSCRIPTION_OPTIONS,
});

/** All options of an entity, frozen: what is undefined has its default. */
export function withDefaults<T extends object>(defaults: T, options: Partial<T>): T {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.freeze({ ...defaults, ...Object.fromEntries(given) });
}

const PARTITIONS = 16;

/** The size of an entity in MB, all its partitions together. */
export function sizeInMegabytes(options: Pick<SendingOptions, 'maxSizeInMegabytes' | 'enablePartitioning'>): number {
  return options.maxSizeInMegabytes * (options.enablePartitioning ? PARTITIONS : 1);
}

/** Azure's limits, both ends included. Durations in ms. */
export const LIMITS = Object.freeze({
  lockDuration: [5_000, 5 * MINUTE],
  maxDeliveryCount: [1, 2_000],
  defaultMessageTimeToLive: [1_000, FOREVER],
  autoDeleteOnIdle: [5 * MINUTE, FOREVER],
  duplicateDetectionHistoryTimeWindow: [20_000, 7 * 24 * 60 * MINUTE],
  maxSizeInMegabytes: [1, 81_920],
  maxMessageSizeInKilobytes: [256, 102_400],
} as const);

/** The longest name of a queue or topic, and of a subscription or rule. */
export const MAX_PATH_LENGTH = 260;
export const MAX_NAME_LENGTH = 50;
