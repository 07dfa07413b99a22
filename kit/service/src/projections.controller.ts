/** Operating a service's projections from outside: for administrators of the installation, over the hub. */
import {
  listProjectionsOf, pauseProjectionOf, rebuildProjectionOf, resumeProjectionOf, rollbackProjectionOf, switchProjectionOf, verifyProjectionOf,
  type LoggedService, type ProjectionNamed, type ProjectionVerification, type ProjectionView,
} from '@citrus/contracts';
import type { Projections } from '@citrus/kit-event-store';
import { OnRequest } from '@citrus/kit-messaging';
import { Controller, Inject, type Type } from '@nestjs/common';
import type { z } from 'zod';
import { PROJECTIONS } from './tokens.ts';

type Named = z.infer<typeof ProjectionNamed>;

export const projectionsControllerOf = (service: LoggedService): Type => {
  @Controller()
  class ProjectionsController {
    constructor(@Inject(PROJECTIONS) private readonly projections: Projections) {}

    @OnRequest(listProjectionsOf(service))
    async list(): Promise<{ items: ProjectionView[] }> {
      return { items: [...(await this.projections.operate.list())] };
    }

    @OnRequest(rebuildProjectionOf(service))
    rebuild({ name }: Named): Promise<ProjectionView> {
      return this.projections.operate.rebuild(name);
    }

    @OnRequest(verifyProjectionOf(service))
    async verify({ name }: Named): Promise<ProjectionVerification> {
      const { differences, ...verification } = await this.projections.operate.verify(name);
      return { ...verification, differences: differences.map(({ key, ...rows }) => ({ key: [...key], ...rows })) };
    }

    @OnRequest(switchProjectionOf(service))
    switch({ name }: Named): Promise<ProjectionView> {
      return this.projections.operate.switch(name);
    }

    @OnRequest(rollbackProjectionOf(service))
    rollback({ name }: Named): Promise<ProjectionView> {
      return this.projections.operate.rollback(name);
    }

    @OnRequest(pauseProjectionOf(service))
    pause({ name }: Named): Promise<ProjectionView> {
      return this.projections.operate.pause(name);
    }

    @OnRequest(resumeProjectionOf(service))
    resume({ name }: Named): Promise<ProjectionView> {
      return this.projections.operate.resume(name);
    }
  }
  return ProjectionsController;
};
