/** Read models as things to operate, for administrators: how far each is, build it anew beside, compare, switch, go back. */
import {
  listProjectionsOf, LOGGED_SERVICES, LoggedService, pauseProjectionOf, plainText, ProjectionVerification, ProjectionView, rebuildProjectionOf, resumeProjectionOf, rollbackProjectionOf,
  switchProjectionOf, verifyProjectionOf, type RequestDefinition,
} from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { By, Input } from '../http/input.ts';
import { administrator, defineRoute, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';

/** Switching waits for a moment without readers; comparing reads all rows twice. */
const TIMEOUT_MS = 60_000;

const View = ProjectionView.extend({ service: LoggedService });
type View = z.infer<typeof View>;
const One = z.strictObject({ service: LoggedService, name: plainText(100) });

const act = (verb: string, summary: string, status = 200) =>
  defineRoute({ method: 'POST', path: `/api/projections/:service/:name/${verb}`, summary, rule: administrator, params: One, reply: View, status });

const list = defineRoute({ method: 'GET', path: '/api/projections', summary: 'All read models and how far they are', rule: administrator, reply: z.object({ items: z.array(View) }) });
const rebuild = act('rebuild', 'Build a read model anew, beside the one that is read', 202);
const verify = defineRoute({ method: 'POST', path: '/api/projections/:service/:name/verify', summary: 'Compare what was built with what is read', rule: administrator, params: One, reply: ProjectionVerification });
const switchOver = act('switch', 'Read what was built from now on');
const rollback = act('rollback', 'Read again what was read before the switch');
const pause = act('pause', 'Stop a read model where it is');
const resume = act('resume', 'Let a paused read model go on');

type Acting = (service: LoggedService) => RequestDefinition<{ name: string }, ProjectionView>;

@Controller()
export class ProjectionController {
  constructor(@Inject(REQUESTS) private readonly requests: Requests) {}

  @Route(list)
  async list(@By() visit: Visit): Promise<{ items: View[] }> {
    const lists = await Promise.all(LOGGED_SERVICES.map(async (service) => {
      const { items } = await this.requests.call(listProjectionsOf(service), {}, visit.carried);
      return items.map((item) => ({ service, ...item }));
    }));
    return { items: lists.flat() };
  }

  @Route(verify)
  verify(@Input() { params: { service, name } }: InputOf<typeof verify>, @By() visit: Visit): Promise<ProjectionVerification> {
    return this.requests.call(verifyProjectionOf(service), { name }, { ...visit.carried, timeoutMs: TIMEOUT_MS });
  }

  @Route(rebuild)
  rebuild(@Input() { params }: InputOf<typeof rebuild>, @By() visit: Visit): Promise<View> {
    return this.#act(rebuildProjectionOf, params, visit);
  }

  @Route(switchOver)
  switchOver(@Input() { params }: InputOf<typeof switchOver>, @By() visit: Visit): Promise<View> {
    return this.#act(switchProjectionOf, params, visit);
  }

  @Route(rollback)
  rollback(@Input() { params }: InputOf<typeof rollback>, @By() visit: Visit): Promise<View> {
    return this.#act(rollbackProjectionOf, params, visit);
  }

  @Route(pause)
  pause(@Input() { params }: InputOf<typeof pause>, @By() visit: Visit): Promise<View> {
    return this.#act(pauseProjectionOf, params, visit);
  }

  @Route(resume)
  resume(@Input() { params }: InputOf<typeof resume>, @By() visit: Visit): Promise<View> {
    return this.#act(resumeProjectionOf, params, visit);
  }

  async #act(definitionOf: Acting, { service, name }: z.infer<typeof One>, visit: Visit): Promise<View> {
    return { service, ...(await this.requests.call(definitionOf(service), { name }, { ...visit.carried, timeoutMs: TIMEOUT_MS })) };
  }
}
