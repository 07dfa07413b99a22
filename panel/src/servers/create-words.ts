/** What the form of a new server says beside the common words; fetched with it. */
export const createWords = {
  findPlan: 'Find a plan', findPlanExample: '2 vCPU, 4 GB, basic …', monthly: (amount: string) => `${amount} a month`, hourly: (amount: string) => `${amount} an hour`, total: 'Total', untaxed: 'as the cloud tells it, without tax; backups cost extra',
  project: 'Project', priority: 'Priority', priorityHelp: 'Whose turn it is first while many wait for the cloud.', priorities: { high: 'High', normal: 'Normal', low: 'Low' },
} as const;
