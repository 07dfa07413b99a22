/** What auth's own classes can have injected, beside what kit/service offers. */
export const MASTER_KEY = Symbol('MasterKey');
export const AUTH_KEYS = Symbol('AuthKeys');
export const AUDIT = Symbol('Audit');
export const USERS = Symbol('Users');
export const PASSWORDS = Symbol('Passwords');
export const SIGNING_KEYS = Symbol('SigningKeys');
export const SESSIONS = Symbol('Sessions');
export const ENROLMENTS = Symbol('Enrolments');
export const FIRST_ADMIN = Symbol('EnsureFirstAdmin');
