/**
 * Calls about a project say which one: the hub cannot guess it for somebody in several. It stands in the address, so that
 * what is known of one project is never taken for another's.
 */
const OF_A_PROJECT = /^\/api\/(?:servers|groups|reconcile|clouds|jobs|runs|schedules|webhooks|apps|bundles\/plan|installed-bundles|members|invitations|service-accounts|audit|agents(?:\/(?:trust|revoke|ping|upgrade|labels))?)(?=[/?]|$)/;
/** Said by their own token, or about all projects. */
const OF_NONE = /^\/api\/(?:(?:audit|reconcile)\/installation|invitations\/(?:read|accept)[a-z-]*|agents\/install\.sh)(?=[/?]|$)/;

export const addressIn = (projectId: string | undefined, path: string): string => {
  if (projectId === undefined || !OF_A_PROJECT.test(path) || OF_NONE.test(path) || /[?&]projectId=/.test(path)) return path;
  return `${path}${path.includes('?') ? '&' : '?'}projectId=${encodeURIComponent(projectId)}`;
};
