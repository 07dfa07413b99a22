/** What a queued job waits for, for people; the first thing that holds it up. */
export type Waiting = {
  readonly job_id: string; readonly position: number; readonly of: number; readonly isOnline: boolean; readonly inMaintenance: boolean;
  /** The first job that it waits for, in short. */
  readonly predecessor: string | null;
};

export const waitingReason = ({ position, of, isOnline, inMaintenance, predecessor }: Omit<Waiting, 'job_id'>): string => {
  if (predecessor !== null) return `Waiting for "${predecessor}" to succeed.`;
  if (inMaintenance) return 'Waiting for the end of the maintenance of its server.';
  if (!isOnline) return 'Waiting for the server to come online.';
  return of === 1 ? 'Waiting for its turn on this server.' : `Waiting for its turn on this server: number ${position} of ${of}.`;
};
