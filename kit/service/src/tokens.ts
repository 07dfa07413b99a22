/** What a service's classes can have injected, always as `@Inject(TOKEN)`. */
export const CONFIG = Symbol('Config');
export const LOGGER = Symbol('Logger');
export const CLOCK = Symbol('Clock');
export const NATS = Symbol('NatsConnection');
export const REQUESTS = Symbol('Requests');
export const REGISTRY = Symbol('MetricsRegistry');
export const READINESS = Symbol('Readiness');
/** How much of its log a service can show; set by what has a log. */
export const SHOWN = Symbol('Shown');
/** With a database: */
export const POOL = Symbol('Pool');
export const DATABASE = Symbol('Kysely');
/** With a log: */
export const LOGGED_SERVICE = Symbol('LoggedService');
export const EVENT_STORE = Symbol('EventStore');
export const PROJECTIONS = Symbol('Projections');
export const WAKE_UP = Symbol('WakeUp');
export const RELAY = Symbol('Relay');
export const SEALER = Symbol('Sealer');
export const VERIFIER = Symbol('LogVerifier');
export const LINK_KEEPER = Symbol('LinkKeeper');
export const PAST_STATES = Symbol('PastStates');
