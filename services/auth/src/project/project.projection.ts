/** What projects there are. */
import { defineFold } from '@citrus/kit-event-store';
import type { ProjectEvent } from './project.events.ts';

type Row = { project_id: string; name: string; created_at: string };
type Fact = Extract<ProjectEvent, { type: 'ProjectCreated' | 'ProjectRenamed' }>;

export const projectsProjection = defineFold<Row>({
  name: 'projects',
  version: 1,
  table: 'projects',
  key: ['project_id'],
  handles: ['ProjectCreated', 'ProjectRenamed'] satisfies Fact['type'][],
  keyOf: ({ data }) => [String(data['projectId'])],
  evolve: (row, envelope) => {
    const { type, data } = envelope as unknown as Fact;
    switch (type) {
      case 'ProjectCreated':
        return { project_id: data.projectId, name: data.name, created_at: envelope.at };
      case 'ProjectRenamed':
        return row && { ...row, name: data.name };
    }
  },
});
