import { jobWork, type JobWork } from '../../jobs/job.ts'
import type { DeliveryService } from './delivery.service.ts'
import { customerLaneWork, otherLaneWork, outboxSweep } from './wakeLane.ts'

export const outboxJobs = (delivery: DeliveryService): JobWork<unknown>[] => [
  jobWork(customerLaneWork, (lane, signal) => delivery.deliver(lane, signal)),
  jobWork(otherLaneWork, (lane, signal) => delivery.deliver(lane, signal)),
  jobWork(outboxSweep, () => delivery.sweep()),
]
