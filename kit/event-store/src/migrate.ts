/** The door for programs that only bring a database up to date: they end sooner than all that a service needs is loaded. */
export { migrate, type Migrations } from './database/migrate.ts';
export { migrateKeyring } from './subject/migrate-keyring.ts';
