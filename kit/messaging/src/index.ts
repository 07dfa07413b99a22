/** Requests between processes over NATS. Events have their own way: the feeds of kit/event-store. */
export { connectNats, connectOnce, type NatsAddress } from './connect.ts';
export { handOver, type Movable } from './hand-over.ts';
export { createRequests, type CallOptions, type Requests, type Told } from './requests.ts';
export { OnRequest, type RequestContext } from './on-request.ts';
export { RequestServer, type Observed, type RequestServerOptions } from './request-server.ts';
export { requireAccess, requireRole, type Authenticate } from './access.ts';
export { createJwtAuthenticator } from './authenticator.ts';
export { deployStreams, streamConfigOf } from './deploy-streams.ts';
export { HEADERS, parseAs } from './wire.ts';
export { AuditTrail, type Audited } from './audit-trail.ts';
export { pageOfShortList, type ShortListRequest } from './short-list.ts';
export { createThrottle } from './throttle.ts';
export type { Logger } from './logger.ts';
