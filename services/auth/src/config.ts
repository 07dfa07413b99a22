import { readFileSync } from 'node:fs';
import { BadMasterKey, openMasterKeys, type MasterKeys } from '@citrus/kit-crypto';
import { DatabaseConfig, LoggedServiceConfig, StartRefused } from '@citrus/kit-service';
import { z } from 'zod';

const path = z.string().trim().min(1, 'must not be empty');
const natsUrl = z.url({ protocol: /^(nats|tls|ws|wss)$/, error: 'must be ws://, wss://, nats:// or tls:// addresses, separated by commas' });

const databaseOf = (url: string): string => {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
};

const isLoopback = (host: string): boolean => host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);

export const AuthConfig = LoggedServiceConfig.extend({
  /** The keys that personal data is sealed with. A database of its own, because a backup of the log must not bring them along. */
  CITRUS_KEYRING_URL: DatabaseConfig.shape.CITRUS_DATABASE_URL,
  /** 32 random bytes in base64. What auth keeps in its database is sealed with it. */
  CITRUS_MASTER_KEY_FILE: path,
  /** The trust directory that the bootstrap made, or its `auth/` alone. */
  CITRUS_NATS_KEYS_DIR: path,
  /** Where agents reach NATS, as told to them when they enrol. */
  CITRUS_AGENT_NATS_URLS: z.string().transform((text) => text.split(',').map((url) => url.trim())).pipe(z.array(natsUrl).min(1)),
  /** Where people reach the panel, for links that auth itself tells; the hub's setting of the same name. */
  CITRUS_PUBLIC_URL: z.url({ protocol: /^https?$/, error: 'must be the address that people open, e.g. http://127.0.0.1:8080' }).optional(),
  /** Only read while there is no user. Without it auth tells on its console how to claim the installation. */
  CITRUS_FIRST_ADMIN_FILE: path.optional(),
  /** Passwords that stood in breaches, as Have I Been Pwned lists them; new ones are compared with it. */
  CITRUS_BREACHED_PASSWORDS_FILE: path.optional(),
  /** People may sign in with this provider of theirs (OpenID Connect). All three or none. */
  CITRUS_OIDC_ISSUER: z.url({ protocol: /^https?$/, error: 'must be the address of the provider, e.g. https://login.example.com' }).optional(),
  CITRUS_OIDC_CLIENT_ID: z.string().trim().min(1).max(500).optional(),
  CITRUS_OIDC_CLIENT_SECRET_FILE: path.optional(),
  /** How long a stop tries to hand over the last entries of the audit while NATS does not take them; what is left then is told in the log. */
  CITRUS_AUDIT_STOP_MS: z.coerce.number().int().min(0).max(10_000).default(1500),
  /** What the button says: "Sign in with …". */
  CITRUS_OIDC_NAME: z.string().trim().min(1).max(50).default('single sign-on'),
  /** Whether a sign-in there has shown a second factor, where the installation asks for one: when the provider says so, or always, because it asks everybody. */
  CITRUS_OIDC_SECOND_FACTOR: z.enum(['claims', 'trusted'], { error: 'must be claims (the provider says so in amr or acr) or trusted (it asks everybody for one)' }).default('claims'),
  /** Values of `acr` that mean it, beside `mfa` in `amr`; separated by commas. */
  CITRUS_OIDC_SECOND_FACTOR_ACR: z.string().default('').transform((text) => text.split(',').map((word) => word.trim()).filter((word) => word !== '')),
}).refine(({ CITRUS_OIDC_ISSUER: issuer, CITRUS_OIDC_CLIENT_ID: id, CITRUS_OIDC_CLIENT_SECRET_FILE: secret }) => new Set([issuer, id, secret].map(Boolean)).size === 1, {
  path: ['CITRUS_OIDC_ISSUER'],
  error: 'needs CITRUS_OIDC_CLIENT_ID and CITRUS_OIDC_CLIENT_SECRET_FILE beside it, and they need it: set all three, or none',
}).refine(({ CITRUS_OIDC_ISSUER: issuer }) => !issuer || new URL(issuer).protocol === 'https:' || isLoopback(new URL(issuer).hostname), {
  path: ['CITRUS_OIDC_ISSUER'],
  error: 'must be https://, because who can change what it answers can sign in as anybody; only a provider on this very machine may be http://',
}).refine(({ CITRUS_DATABASE_URL: log, CITRUS_KEYRING_URL: keyring }) => databaseOf(log) !== databaseOf(keyring), {
  path: ['CITRUS_KEYRING_URL'],
  error: 'must be another database than CITRUS_DATABASE_URL, best on another server: with the keys in its backups nobody could ever be forgotten',
});
export type AuthConfig = z.infer<typeof AuthConfig>;

export const FirstAdmin = z.strictObject({
  email: z.email().max(254),
  password: z.string().min(8).max(1024),
  name: z.string().min(1).max(200).default('Administrator'),
  projectId: z.uuid(),
  projectName: z.string().min(1).max(200).default('Default'),
});
export type FirstAdmin = z.infer<typeof FirstAdmin>;

/** @throws StartRefused when the file cannot be read or is not what it must be; a password is never repeated. */
export const readFirstAdmin = (file: string): FirstAdmin => {
  try {
    return FirstAdmin.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : error instanceof SyntaxError ? 'it is not JSON' : 'it cannot be read';
    // Without the cause: JSON.parse quotes from the text, and the text holds a password.
    throw new StartRefused(`The file of the first admin (CITRUS_FIRST_ADMIN_FILE=${file}) is wrong: ${reason}. It holds {"email", "password", "projectId"}.`);
  }
};

/** @throws StartRefused without a good master key: there is no default one. */
export const masterKeyOf = (config: AuthConfig): MasterKeys => {
  try {
    return openMasterKeys(config.CITRUS_MASTER_KEY_FILE);
  } catch (cause) {
    if (cause instanceof BadMasterKey) throw new StartRefused(`CITRUS_MASTER_KEY_FILE: ${cause.message}`, { cause });
    throw cause;
  }
};
