export { Problem, type ProblemOptions, type ProblemPart } from '../problem.js';
export { answerOf, type ProblemAnswer } from '../problem-document.js';
export { problemOf } from '../problem-of.js';
export { type EdgeOptions, HttpEdge, type HttpEdgeOptions } from './http-edge.js';
export type { Refusal } from './unreadable-requests.js';
