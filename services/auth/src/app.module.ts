/** Everything that auth is made of; the only file that knows every part. */
import type { MasterKeys } from '@citrus/kit-crypto';
import type { Clock } from '@citrus/kit-domain';
import type { EventStore, Keyring, Projections } from '@citrus/kit-event-store';
import type { Logger } from '@citrus/kit-messaging';
import { CLOCK, CONFIG, DATABASE, EVENT_STORE, LOGGER, loggedServiceModule, observeKeys, PROJECTIONS, READINESS, REGISTRY, StartRefused, type MetricsRegistry, type Readiness } from '@citrus/kit-service';
import { Global, Inject, Module, type OnModuleInit, type Provider } from '@nestjs/common';
import type { Kysely } from 'kysely';
import type { Audit } from './audit/audit.ts';
import { AuditModule } from './audit/audit.module.ts';
import { auditProjection } from './audit/audit.projection.ts';
import { masterKeyOf, readFirstAdmin, type AuthConfig } from './config.ts';
import type { AuthDatabase } from './database.ts';
import { createCredentials } from './enrolment/agent-credential.ts';
import { AgentTrustController } from './enrolment/agent-trust.controller.ts';
import { agentTrustProjection, readAgentTrust, serversOfAgents } from './enrolment/agent-trust.projection.ts';
import { createAgentsTrust } from './enrolment/agent-trust.ts';
import { createEnrolmentTokens } from './enrolment/enrolment-token.ts';
import { EnrolmentController } from './enrolment/enrolment.controller.ts';
import { enrolmentsProjection, serverOfAgent } from './enrolment/enrolment.projection.ts';
import { createEnrolments } from './enrolment/enrolments.ts';
import { ServersFeed } from './enrolment/servers.feed.ts';
import { authEvents } from './event-versions.ts';
import { ClaimsPusherModule } from './nats-credentials/claims-pusher.module.ts';
import { readAuthKeys, type AuthKeys } from './nats-credentials/trust-directory.ts';
import { administratorsProjection } from './installation/administrator.projection.ts';
import { invitationsProjection } from './invitation/invitation.projection.ts';
import { once } from './once.ts';
import { InvitationController } from './invitation/invitation.controller.ts';
import { InstallationController } from './installation/installation.controller.ts';
import { peopleProviders } from './people.providers.ts';
import { adoptMemberships } from './project/adopt-memberships.ts';
import { ProjectController } from './project/project.controller.ts';
import { projectsProjection } from './project/project.projection.ts';
import { sessionControllers, sessionProjections, sessionProviders } from './session/sessions.providers.ts';
import type { SigningKeys } from './session/signing-keys.store.ts';
import { StewardModule } from './steward/steward.module.ts';
import type { PersonalTexts } from './subject/personal-text.ts';
import { SubjectModule } from './subject/subject.module.ts';
import { AGENTS_TRUST, AUDIT, AUTH_KEYS, ENROLMENTS, ERASE_USER, FIRST_ADMIN, FORGET, KEYRING, MASTER_KEY, NAME_EVERYONE, PASSWORDS, PERSONAL_TEXTS, SIGNING_KEYS, USERS } from './tokens.ts';
import { breachedPasswordsIn, checkBreachedFile } from './user/breached-passwords.ts';
import { createEraseUser } from './user/erase-user.ts';
import { ensureAdministrator, ensureFirstAdmin } from './user/first-admin.ts';
import type { Forget } from './user/forget.ts';
import { createPasswords, type Passwords } from './user/password.ts';
import { resealPasswords } from './user/reseal-passwords.ts';
import { UserController } from './user/user.controller.ts';
import { membershipsProjection } from './user/membership.projection.ts';
import { usersProjection } from './user/user.projection.ts';
import { readUsers, type Users } from './user/users.store.ts';

const readKeys = async ({ CITRUS_NATS_KEYS_DIR: dir }: AuthConfig): Promise<AuthKeys> => {
  try {
    return await readAuthKeys(dir);
  } catch (cause) {
    throw new StartRefused(`There are no usable NATS keys in CITRUS_NATS_KEYS_DIR=${dir}; run the bootstrap (services/auth/dist/nats-credentials/bootstrap.js --dir <trust directory>) and give that directory.`, { cause });
  }
};

type Database = Kysely<AuthDatabase>;

/* oxlint-disable max-params -- Nest gives factories their dependencies one by one */
const keys: Provider[] = [
  { provide: MASTER_KEY, inject: [CONFIG], useFactory: masterKeyOf },
  { provide: AUTH_KEYS, inject: [CONFIG], useFactory: readKeys },
];
const people: Provider[] = [
  { provide: USERS, inject: [DATABASE, KEYRING], useFactory: (db: Database, keyring: Keyring) => readUsers(db, keyring) },
  {
    provide: PASSWORDS,
    inject: [MASTER_KEY, CONFIG],
    useFactory: async (masterKeys: MasterKeys, { CITRUS_BREACHED_PASSWORDS_FILE: file }: AuthConfig) => {
      if (file !== undefined) await checkBreachedFile(file);
      return createPasswords(masterKeys, breachedPasswordsIn(file));
    },
  },
  {
    provide: ERASE_USER,
    inject: [EVENT_STORE, PROJECTIONS, USERS, FORGET, AUDIT, CLOCK],
    useFactory: (store: EventStore, projections: Projections, users: Users, forget: Forget, audit: Audit, clock: Clock) => createEraseUser({ store, projections, users, forget, audit, clock }),
  },
  {
    provide: FIRST_ADMIN,
    inject: [CONFIG, EVENT_STORE, PROJECTIONS, USERS, PASSWORDS, KEYRING],
    useFactory: ({ CITRUS_FIRST_ADMIN_FILE: file }: AuthConfig, store: EventStore, projections: Projections, users: Users, passwords: Passwords, keyring: Keyring) => {
      const admin = file && readFirstAdmin(file);
      return once(async () => {
        await adoptMemberships({ store, projections });
        if (admin) await ensureFirstAdmin({ store, projections, users, passwords, keys: keyring }, admin);
        await ensureAdministrator({ store, projections, users });
        return undefined;
      });
    },
  },
  {
    provide: NAME_EVERYONE,
    inject: [EVENT_STORE, PROJECTIONS, USERS, PERSONAL_TEXTS, PASSWORDS, DATABASE],
    useFactory: (store: EventStore, projections: Projections, users: Users, texts: PersonalTexts, passwords: Passwords, db: Database) =>
      once(async () => {
        await projections.reached(await store.head());
        await users.nameEveryone();
        await resealPasswords({ store, texts, passwords }, db);
        return undefined;
      }),
  },
];
const agents: Provider[] = [
  {
    provide: ENROLMENTS,
    inject: [EVENT_STORE, DATABASE, MASTER_KEY, AUTH_KEYS, CONFIG, AUDIT, LOGGER, CLOCK],
    useFactory: (store: EventStore, db: Database, masterKeys: MasterKeys, authKeys: AuthKeys, config: AuthConfig, audit: Audit, logger: Logger, clock: Clock) =>
      createEnrolments({ store, tokens: createEnrolmentTokens(masterKeys), mint: createCredentials(authKeys, config.CITRUS_AGENT_NATS_URLS, clock), serverOfAgent: serverOfAgent(db), audit, logger, clock }),
  },
  {
    provide: AGENTS_TRUST,
    inject: [EVENT_STORE, DATABASE, AUDIT, LOGGER, CLOCK],
    useFactory: (store: EventStore, db: Database, audit: Audit, logger: Logger, clock: Clock) =>
      createAgentsTrust({ store, serverOfAgent: serverOfAgent(db), serversOfAgents: serversOfAgents(db), list: readAgentTrust(db), audit, logger, clock }),
  },
  ServersFeed,
  {
    provide: Symbol('KeyAges'),
    inject: [DATABASE, REGISTRY],
    useFactory: (db: Database, registry: MetricsRegistry) =>
      observeKeys(registry, async () => (await db.selectFrom('signing_keys').select('created_at').where('is_current', '=', true).execute()).map(({ created_at: at }) => ({ key: 'key of access tokens', madeAt: new Date(at).toISOString(), expiresAt: null }))),
  },
];
/* oxlint-enable max-params */

@Global()
@Module({ providers: keys, exports: [MASTER_KEY, AUTH_KEYS] })
class KeysModule {}

@Module({
  imports: [KeysModule, loggedServiceModule<AuthDatabase>({ service: 'auth', projections: [usersProjection, membershipsProjection, projectsProjection, administratorsProjection, invitationsProjection, ...sessionProjections, enrolmentsProjection, agentTrustProjection, auditProjection], events: authEvents }), SubjectModule, AuditModule, ClaimsPusherModule, StewardModule],
  controllers: [UserController, ProjectController, InvitationController, InstallationController, ...sessionControllers, EnrolmentController, AgentTrustController],
  providers: [...people, ...peopleProviders, ...sessionProviders, ...agents],
})
export class AppModule implements OnModuleInit {
  constructor(
    @Inject(READINESS) private readonly readiness: Readiness,
    @Inject(SIGNING_KEYS) private readonly signingKeys: SigningKeys,
    @Inject(FIRST_ADMIN) private readonly firstAdmin: () => Promise<undefined>,
    @Inject(NAME_EVERYONE) private readonly nameEveryone: () => Promise<undefined>,
  ) {}

  /** All need the databases, which may come later than we do: so they belong to being ready, not to starting. */
  onModuleInit(): void {
    this.readiness.add('signing key', async () => void (await this.signingKeys.current()));
    this.readiness.add('first admin', this.firstAdmin);
    this.readiness.add('names of people', this.nameEveryone);
  }
}
