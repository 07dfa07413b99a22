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
export const KEYRING = Symbol('Keyring');
export const PERSONAL_TEXTS = Symbol('PersonalTexts');
export const FORGET = Symbol('Forget');
export const ERASURES = Symbol('Erasures');
export const ERASE_USER = Symbol('EraseUser');
export const SIGN_IN_LIMIT = Symbol('SignInLimit');
export const NAME_EVERYONE = Symbol('NameEveryone');
export const STEWARD = Symbol('StewardOfStreams');
