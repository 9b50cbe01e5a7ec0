import type { Fault } from './types.ts'

/**
 * What goes wrong on request.
 * @param random in [0, 1), for faults that come only sometimes
 */
export function createFaults(random: () => number) {
  let faults: Fault[] = []
  const isFor = (fault: Fault, api: string) =>
    fault.api === '*' ||
    fault.api === api ||
    (fault.api.endsWith('/*') && api.startsWith(fault.api.slice(0, -1)))

  return {
    faults: () => faults.map(fault => ({ ...fault })),
    setFaults(given: Fault[]) {
      faults = given.map(fault => ({ ...fault }))
    },
    takeFault(api: string): Fault | undefined {
      const fault = faults.find(
        candidate =>
          candidate.times !== 0 &&
          isFor(candidate, api) &&
          (candidate.rate === undefined || random() < candidate.rate),
      )
      const taken = fault && { ...fault }
      if (fault && fault.times > 0) fault.times -= 1
      faults = faults.filter(({ times }) => times !== 0)
      return taken
    },
  }
}
