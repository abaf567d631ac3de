import { describe, it } from '@jest/globals';
import { memoryHarness } from '../../testing/memory-harness.js';
import { sessionSuite } from '../../testing/session-suite.js';
import { transportSuite } from '../../testing/transport-suite.js';

transportSuite(memoryHarness, { describe, it });
sessionSuite(memoryHarness, { describe, it });
