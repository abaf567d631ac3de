export {
  type AllowList,
  AllowListError,
  type AllowListProblem,
  createAllowList,
  listenedName,
  problemsOfHosts,
  problemsOfOrigins,
  splitList,
} from './allow-list.js';
export { checkRequest, type Refusal, type RequestSource, type SettingNames } from './check-request.js';
export { guardServer } from './guard-server.js';
export { HttpGuard, type HttpGuardOptions, type RefusalAnswer } from './http-guard.js';
