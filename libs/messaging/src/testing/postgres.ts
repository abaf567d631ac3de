export { sendWaiting } from './send-waiting.js';
