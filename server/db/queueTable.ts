/** Where the queue keeps its jobs (`server/jobs/queue.ts` names the schema). */
export const QUEUE_TABLE = 'pgboss.job'
