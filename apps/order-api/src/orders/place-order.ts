import { randomUUID } from 'node:crypto';
import { type Order, orderPlace, totalOf } from '@orderflow/contracts';
import type { Cause, EnvelopeWriter, Outgoing } from '@orderflow/messaging';
import type { Pool } from 'pg';
import type { RequestKey } from '../idempotency/request-key.js';
import {
  type Answer,
  asKeyInUse,
  claimKey,
  claimParameters,
  findAnswer,
} from '../idempotency/stored-answers.js';
import { viewOfPlaced } from './order-view.js';
import type { PlaceOrderRequest } from './place-order-request.js';
