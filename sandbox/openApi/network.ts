import type { World } from '../world/types.ts'
import { get } from './endpoint.ts'
import type { Endpoints } from './endpoint.ts'
import { refuse } from './refusal.ts'

/** 企业可信IP [D90664, EC]. @throws ApiRefusal 60020, whose words end with the caller's address */
export function checkAddress(world: World, ip: string): void {
  const { trustedIps } = world.network()
  if (trustedIps.length > 0 && !trustedIps.includes(ip)) refuse(60020)
}

/** Where callbacks come from and where the API is [D92521, D92520]. */
export const networkEndpoints: Endpoints = {
  getcallbackip: get(({ world }) => ({ ip_list: world.network().callbackIps })),
  get_api_domain_ip: get(({ world }) => ({ ip_list: world.network().apiIps })),
}
