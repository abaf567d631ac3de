import { BrokerError } from '../../entities/errors.js';
import { isDisruption } from '../../faults/check-fault.js';
import type { Disruption, Fault } from '../../faults/fault.js';
import type { Faults } from '../../faults/faults.js';

/** Plans the fault that `body` describes, or lets a disruption happen at once. @throws BrokerError */
export function createFault(faults: Faults, body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new BrokerError('com.microsoft:argument-error', 'The body must be an object such as { "kind": "throttle" }.');
  }
  const described = body as Fault | Disruption; // Faults check it.
  return isDisruption(described) ? { affected: faults.disrupt(described) } : faults.add(described);
}

/** Ends the fault of that number, or all. @throws BrokerError when there is none of that number */
export function clearFaults(faults: Faults, id: string): unknown {
  const cleared = faults.clear(id === '' ? undefined : Number(id));
  if (id !== '' && cleared === 0) throw new BrokerError('com.microsoft:argument-error', `There is no fault ${id}.`);
  return { cleared };
}
