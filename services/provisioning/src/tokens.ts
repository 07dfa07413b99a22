/** What this service's own classes can have injected, beside the tokens of kit/service. */
export const CLOUDS = Symbol('Clouds');
export const ARTIFACT_CATALOG = Symbol('ArtifactCatalog');
export const SERVER_CATALOG = Symbol('ServerCatalog');
export const SERVER_JOINS = Symbol('ServerJoins');
export const SERVER_QUERIES = Symbol('ServerQueries');
export const SERVER_HANDLER = Symbol('ServerHandler');
export const SERVER_PROCESS = Symbol('ServerProcess');
export const SERVER_LOOP = Symbol('ServerLoop');
export const FLEET_RECONCILER = Symbol('FleetReconciler');
