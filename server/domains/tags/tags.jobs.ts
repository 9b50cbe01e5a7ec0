import { jobWork, type JobWork } from '../../jobs/job.ts'
import { tagPush, tagPushLeft } from './tagPush.ts'
import type { TagsService } from './tags.service.ts'

export const tagsJobs = (tags: TagsService): JobWork<unknown>[] => [
  jobWork(tagPush, ({ followId }) => tags.push(followId)),
  jobWork(tagPushLeft, () => tags.pushLeft()),
]
