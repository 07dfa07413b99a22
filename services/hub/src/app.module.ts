/**
 * The hub: gateway and live router. It keeps nothing, decides nothing about servers or jobs, and holds no secret but
 * its own NATS credential; every fact is asked for from the service that owns it, on behalf of the caller.
 */
import { createJwtAuthenticator, type Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Module, type Type } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { AgentController } from './agent/agent.controller.ts';
import { AgentTrustController } from './agent/agent-trust.controller.ts';
import { AgentVersionController } from './agent/agent-version.controller.ts';
import { PingController } from './agent/ping.controller.ts';
import { ArtifactController } from './agent/artifact.controller.ts';
import { ApiTokenController } from './api-token/api-token.controller.ts';
import { AuditBook } from './audit/audit-book.ts';
import { AuditController } from './audit/audit.controller.ts';
import { AuditInterceptor } from './audit/audit.interceptor.ts';
import { InstallScriptController } from './agent/install-script.controller.ts';
import { CloudController } from './cloud/cloud.controller.ts';
import { DoctorController } from './doctor/doctor.controller.ts';
import { EventController } from './event/event.controller.ts';
import { LiveEvents } from './event/live-events.ts';
import { GroupController } from './group/group.controller.ts';
import { HealthController } from './health/health.controller.ts';
import { ExportController } from './history/export.controller.ts';
import { ProjectionController } from './history/projection.controller.ts';
import { StateController } from './history/state.controller.ts';
import { VerifyController } from './history/verify.controller.ts';
import { WhyController } from './history/why.controller.ts';
import { AUTHENTICATE, Gate } from './http/gate.ts';
import { ProblemFilter } from './http/problem.filter.ts';
import { routesOf } from './http/every-route-has-a-rule.ts';
import { InstallationController } from './installation/installation.controller.ts';
import { InstallerController } from './installer/installer.controller.ts';
import { InvitationController } from './invitation/invitation.controller.ts';
import { JobController } from './job/job.controller.ts';
import { Answers } from './answer/answers.ts';
import { FreshInterceptor } from './answer/fresh.interceptor.ts';
import { AppController } from './app/app.controller.ts';
import { BundleController } from './bundle/bundle.controller.ts';
import { RunController } from './run/run.controller.ts';
import { ScheduleController } from './schedule/schedule.controller.ts';
import { WebhookController } from './webhook/webhook.controller.ts';
import { LiveStreams } from './live/live-streams.ts';
import { MemberController } from './member/member.controller.ts';
import { OpenApiController, ROUTES } from './openapi/openapi.controller.ts';
import { PanelController } from './panel/panel.controller.ts';
import { Presence } from './presence/presence.ts';
import { PresenceRecorder } from './presence/presence.recorder.ts';
import { ProjectController } from './project/project.controller.ts';
import { QuotaController } from './quota/quota.controller.ts';
import { ActionController } from './server/action.controller.ts';
import { BoardController } from './server/board.controller.ts';
import { JoinController } from './server/join.controller.ts';
import { ReconcileController } from './reconcile/reconcile.controller.ts';
import { ServerController } from './server/server.controller.ts';
import { ServiceAccountController } from './service-account/service-account.controller.ts';
import { ApiTokens } from './session/api-tokens.ts';
import { KeyController } from './session/key.controller.ts';
import { OidcController } from './session/oidc.controller.ts';
import { OwnSessionController } from './session/own-session.controller.ts';
import { Revocations } from './session/revocations.ts';
import { SecondFactorController } from './session/second-factor.controller.ts';
import { SessionController } from './session/session.controller.ts';
import { UserController } from './user/user.controller.ts';

export const CONTROLLERS: Type[] = [
  BundleController,
  SessionController, OwnSessionController, SecondFactorController, OidcController, KeyController, ApiTokenController, ServiceAccountController, UserController, ProjectController, MemberController, InvitationController, InstallationController, QuotaController, ServerController, BoardController, ActionController, JoinController, GroupController, ReconcileController, CloudController, JobController, RunController, ScheduleController, WebhookController, AppController, DoctorController, EventController, WhyController, StateController, ExportController, VerifyController, ProjectionController, InstallerController, AgentController, AgentTrustController, PingController, AgentVersionController, InstallScriptController, ArtifactController, HealthController, AuditController, OpenApiController,
  // Last: it takes every address that nobody else has.
  PanelController,
];

@Module({
  controllers: CONTROLLERS,
  providers: [
    { provide: AUTHENTICATE, inject: [REQUESTS], useFactory: (requests: Requests) => createJwtAuthenticator(requests) },
    { provide: ROUTES, useFactory: () => routesOf(CONTROLLERS) },
    { provide: APP_GUARD, useClass: Gate },
    { provide: APP_INTERCEPTOR, useClass: AuditInterceptor },
    { provide: APP_INTERCEPTOR, useClass: FreshInterceptor },
    { provide: APP_FILTER, useClass: ProblemFilter },
    AuditBook, Revocations, ApiTokens, LiveStreams, LiveEvents, Answers, Presence, PresenceRecorder,
  ],
})
export class HubModule {}
