/** Which routes there are. A handler without an access rule stops the process at start: nothing is open by forgetting. */
import { PATH_METADATA } from '@nestjs/common/constants.js';
import type { Type } from '@nestjs/common';
import { ROUTE, type RouteDefinition } from './route.ts';

const methodsOf = (controller: Type): { name: string; handler: object }[] =>
  Object.getOwnPropertyNames(controller.prototype)
    .filter((name) => name !== 'constructor')
    .map((name) => ({ name, handler: controller.prototype[name] as object }))
    .filter(({ handler }) => typeof handler === 'function' && Reflect.hasMetadata(PATH_METADATA, handler));

/** @throws Error that names the handlers without a rule */
export const routesOf = (controllers: readonly Type[]): RouteDefinition[] => {
  const handlers = controllers.flatMap((controller) => methodsOf(controller).map(({ name, handler }) => ({ name: `${controller.name}.${name}`, route: Reflect.getMetadata(ROUTE, handler) as RouteDefinition | undefined })));
  const open = handlers.filter(({ route }) => !route?.rule);
  if (open.length > 0) throw new Error(`These routes have no access rule; declare them with @Route: ${open.map(({ name }) => name).join(', ')}`);
  return handlers.map(({ route }) => route as RouteDefinition);
};
