/** What this service's own classes can have injected, beside the tokens of kit/service. */
export const CLOUDS = Symbol('Clouds');
export const ACCOUNT_OPENER = Symbol('AccountOpener');
export const INSTALLATION_CLOUD = Symbol('InstallationCloud');
export const CREDENTIALS = Symbol('Credentials');
export const CREDENTIAL_QUERIES = Symbol('CredentialQueries');
export const CREDENTIAL_PARTS = Symbol('CredentialParts');
export const CREDENTIAL_UPKEEP = Symbol('CredentialUpkeep');
export const CHOOSE_CLOUD = Symbol('ChooseCloud');
export const ARTIFACT_CATALOG = Symbol('ArtifactCatalog');
export const SERVER_CATALOG = Symbol('ServerCatalog');
export const SERVER_JOINS = Symbol('ServerJoins');
export const SERVER_QUERIES = Symbol('ServerQueries');
export const SERVER_HANDLER = Symbol('ServerHandler');
export const SERVER_PROCESS = Symbol('ServerProcess');
export const SERVER_LOOP = Symbol('ServerLoop');
export const FLEET_RECONCILER = Symbol('FleetReconciler');
