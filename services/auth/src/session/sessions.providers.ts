/** Everything by which people and programs come in, put together. */
import type { MasterKeys } from '@citrus/kit-crypto';
import type { Clock } from '@citrus/kit-domain';
import type { EventStore, Keyring, Projections } from '@citrus/kit-event-store';
import { CLOCK, CONFIG, DATABASE, EVENT_STORE, PROJECTIONS } from '@citrus/kit-service';
import type { Provider, Type } from '@nestjs/common';
import type { Kysely } from 'kysely';
import { ApiTokenController } from '../api-token/api-token.controller.ts';
import { apiTokensProjection } from '../api-token/api-token.projection.ts';
import { createApiTokens, type ApiTokens } from '../api-token/api-tokens.ts';
import type { Audit } from '../audit/audit.ts';
import type { AuthConfig } from '../config.ts';
import type { AuthDatabase } from '../database.ts';
import { createAccountOf, type AccountOf } from '../oidc/identities.ts';
import { createOidcSignIn } from '../oidc/oidc-sign-in.ts';
import { OidcController } from '../oidc/oidc.controller.ts';
import { openOidcProvider } from '../oidc/provider.ts';
import { RecoveryController } from '../recovery/recovery.controller.ts';
import { createRecovery } from '../recovery/recovery.ts';
import { SecondFactorController } from '../second-factor/second-factor.controller.ts';
import { createFactorPolicy, type FactorPolicy } from '../second-factor/factor-policy.ts';
import { createResetFactor } from '../second-factor/reset-factor.ts';
import { createSecondFactors, type SecondFactors } from '../second-factor/second-factors.ts';
import { ServiceAccountController } from '../service-account/service-account.controller.ts';
import { serviceAccountsProjection } from '../service-account/service-account.projection.ts';
import { createServiceAccounts } from '../service-account/service-accounts.ts';
import type { PersonalTexts } from '../subject/personal-text.ts';
import {
  ACCOUNT_OF, API_TOKENS, AUDIT, FACTOR_POLICY, HOLDERS, KEYRING, MASTER_KEY, OIDC_SIGN_IN, OWN_ACCESS, PASSWORDS, PERSONAL_TEXTS, READ_REVOCATIONS, RECOVERY, RESET_FACTOR, SECOND_FACTORS, SERVICE_ACCOUNTS, SESSIONS, SIGN_IN_LIMIT, SIGNING_KEYS, USERS, WAYS_IN,
} from '../tokens.ts';
import type { Passwords } from '../user/password.ts';
import type { Users } from '../user/users.store.ts';
import { createHolders, type Holders } from './holders.ts';
import { KeyController } from './key.controller.ts';
import { createEndOldest } from './most-sessions.ts';
import { createOwnAccess, type OwnAccess } from './own-access.ts';
import { createReadRevocations } from './revocations.ts';
import { SessionController } from './session.controller.ts';
import { sessionsProjection } from './session.projection.ts';
import { createSessions, type Sessions } from './sessions.ts';
import { createSignInLimit, type SignInLimit } from './sign-in-limit.store.ts';
import { openSigningKeys, type SigningKeys } from './signing-keys.store.ts';
import { createWaysIn, type WaysIn } from './ways-in.ts';

type Database = Kysely<AuthDatabase>;

export const sessionControllers: Type[] = [SessionController, KeyController, SecondFactorController, ApiTokenController, ServiceAccountController, OidcController, RecoveryController];
export const sessionProjections = [sessionsProjection, apiTokensProjection, serviceAccountsProjection] as const;

/* oxlint-disable max-params -- Nest gives factories their dependencies one by one */
export const sessionProviders: Provider[] = [
  { provide: SIGNING_KEYS, inject: [DATABASE, MASTER_KEY, CLOCK], useFactory: openSigningKeys },
  { provide: SIGN_IN_LIMIT, inject: [DATABASE, MASTER_KEY], useFactory: createSignInLimit },
  {
    provide: HOLDERS,
    inject: [DATABASE, EVENT_STORE, PROJECTIONS, USERS],
    useFactory: (db: Database, store: EventStore, projections: Projections, users: Users) => createHolders({ db, store, projections, users }),
  },
  {
    provide: SECOND_FACTORS,
    inject: [EVENT_STORE, PERSONAL_TEXTS, CLOCK],
    useFactory: (store: EventStore, texts: PersonalTexts, clock: Clock) => createSecondFactors({ store, texts, clock }),
  },
  {
    provide: FACTOR_POLICY,
    inject: [EVENT_STORE, SECOND_FACTORS, CLOCK],
    useFactory: (store: EventStore, secondFactors: SecondFactors, clock: Clock) => createFactorPolicy({ store, secondFactors, clock }),
  },
  {
    provide: RESET_FACTOR,
    inject: [EVENT_STORE, SECOND_FACTORS, OWN_ACCESS],
    useFactory: (store: EventStore, secondFactors: SecondFactors, own: OwnAccess) => createResetFactor({ store, secondFactors, own }),
  },
  {
    provide: SESSIONS,
    inject: [DATABASE, FACTOR_POLICY, EVENT_STORE, USERS, HOLDERS, PERSONAL_TEXTS, PASSWORDS, SECOND_FACTORS, SIGNING_KEYS, SIGN_IN_LIMIT, MASTER_KEY, AUDIT, CLOCK],
    useFactory: (
      db: Database, policy: FactorPolicy, store: EventStore, users: Users, holders: Holders, texts: PersonalTexts, passwords: Passwords, secondFactors: SecondFactors,
      signingKeys: SigningKeys, limit: SignInLimit, masterKeys: MasterKeys, audit: Audit, clock: Clock,
    ) => createSessions({ store, holders, texts, signingKeys, masterKeys, audit, clock, policy, endOldest: createEndOldest({ db, store, clock }), signIn: { users, passwords, secondFactors, limit, audit, clock } }),
  },
  {
    provide: OWN_ACCESS,
    inject: [DATABASE, EVENT_STORE, PROJECTIONS, USERS, PERSONAL_TEXTS, PASSWORDS, SIGN_IN_LIMIT, AUDIT, CLOCK],
    useFactory: (
      db: Database, store: EventStore, projections: Projections, users: Users, texts: PersonalTexts, passwords: Passwords, limit: SignInLimit, audit: Audit, clock: Clock,
    ) => createOwnAccess({ db, store, projections, users, texts, passwords, limit, audit, clock }),
  },
  { provide: READ_REVOCATIONS, inject: [EVENT_STORE, CLOCK], useFactory: (store: EventStore, clock: Clock) => createReadRevocations({ store, clock }) },
  {
    provide: API_TOKENS,
    inject: [DATABASE, EVENT_STORE, PROJECTIONS, HOLDERS, PERSONAL_TEXTS, SIGNING_KEYS, AUDIT, CLOCK],
    useFactory: (db: Database, store: EventStore, projections: Projections, holders: Holders, texts: PersonalTexts, signingKeys: SigningKeys, audit: Audit, clock: Clock) =>
      createApiTokens({ db, store, projections, holders, texts, signingKeys, audit, clock }),
  },
  {
    provide: SERVICE_ACCOUNTS,
    inject: [DATABASE, EVENT_STORE, PROJECTIONS, HOLDERS, API_TOKENS],
    useFactory: (db: Database, store: EventStore, projections: Projections, holders: Holders, tokens: ApiTokens) => createServiceAccounts({ db, store, projections, holders, tokens }),
  },
  {
    provide: WAYS_IN,
    inject: [DATABASE, EVENT_STORE, PROJECTIONS],
    useFactory: (db: Database, store: EventStore, projections: Projections) => createWaysIn({ db, store, projections }),
  },
  {
    provide: RECOVERY,
    inject: [EVENT_STORE, PROJECTIONS, USERS, PERSONAL_TEXTS, PASSWORDS, WAYS_IN, SECOND_FACTORS, SIGN_IN_LIMIT, AUDIT, CLOCK],
    useFactory: (store: EventStore, projections: Projections, users: Users, texts: PersonalTexts, passwords: Passwords, waysIn: WaysIn, secondFactors: SecondFactors, limit: SignInLimit, audit: Audit, clock: Clock) =>
      createRecovery({ store, projections, users, texts, passwords, waysIn, secondFactors, limit, audit, clock }),
  },
  {
    provide: ACCOUNT_OF,
    inject: [EVENT_STORE, PROJECTIONS, KEYRING, USERS, PERSONAL_TEXTS, PASSWORDS, WAYS_IN],
    useFactory: (store: EventStore, projections: Projections, keys: Keyring, users: Users, texts: PersonalTexts, passwords: Passwords, waysIn: WaysIn) =>
      createAccountOf({ store, projections, keys, users, texts, passwords, waysIn }),
  },
  {
    provide: OIDC_SIGN_IN,
    inject: [CONFIG, DATABASE, ACCOUNT_OF, SESSIONS, MASTER_KEY, AUDIT, CLOCK],
    useFactory: (config: AuthConfig, db: Database, accountOf: AccountOf, sessions: Sessions, masterKeys: MasterKeys, audit: Audit, clock: Clock) =>
      createOidcSignIn({ db, masterKeys, provider: openOidcProvider(config), accountOf, sessions, audit, clock }),
  },
];
/* oxlint-enable max-params */
