import type { Department, Member, World } from '../world/types.ts'
import { get } from './endpoint.ts'
import type { Call, Endpoints } from './endpoint.ts'
import { refuse } from './refusal.ts'
import { visibleMember } from './visible.ts'

const visibleMembers = (world: World) =>
  world.members().filter(({ inVisibleRange, status }) => inVisibleRange && status !== 5)

/** Departments with somebody in range, and those above them. */
function visibleDepartments(world: World): Department[] {
  const departments = world.departments()
  const ids = new Set(visibleMembers(world).flatMap(member => member.departments))
  for (const { id } of departments) {
    if (ids.has(id)) ancestorsOf(departments, id).forEach(ancestor => ids.add(ancestor))
  }
  return departments.filter(({ id }) => ids.has(id))
}

function ancestorsOf(departments: Department[], id: number): number[] {
  const parent = departments.find(department => department.id === id)?.parentId
  return parent ? [parent, ...ancestorsOf(departments, parent)] : []
}

/** The departments asked for: one with everything below it, or all that are visible. */
function askedDepartments({ world, query }: Call): Department[] {
  const visible = visibleDepartments(world)
  const id = query('id')
  if (id === undefined || id === '') return visible
  const found = visible.find(department => String(department.id) === id)
  if (!found) refuse(60003)
  return visible.filter(
    department => department.id === found.id || ancestorsOf(visible, department.id).includes(found.id),
  )
}

const toDepartment = (world: World, department: Department) => ({
  id: department.id,
  name: department.name,
  name_en: '',
  department_leader: leadersOf(world, department.id).map(({ userId }) => userId),
  parentid: department.parentId,
  order: department.order,
})

const leadersOf = (world: World, departmentId: number) =>
  visibleMembers(world).filter(member => member.isLeaderIn[member.departments.indexOf(departmentId)] === true)

/**
 * user/get for an app made after 2022-06-20: no avatar, gender, mobile, email, address, QR code [D90196].
 */
const toUser = (member: Member) => ({
  userid: member.userId,
  name: member.name,
  department: member.departments,
  order: member.departments.map(() => 0),
  position: member.position,
  is_leader_in_dept: member.isLeaderIn.map(Number),
  direct_leader: [],
  telephone: '',
  alias: '',
  main_department: member.mainDepartment,
  extattr: { attrs: [] },
  status: member.status,
})

/** The visible range as an admin would have ticked it: the whole corp, whole departments, then single members. */
function visibleRange(world: World): { parties: number[]; users: Member[] } {
  const members = world.members().filter(({ status }) => status !== 5)
  if (members.every(({ inVisibleRange }) => inVisibleRange)) return { parties: [1], users: [] }
  const parties = world
    .departments()
    .map(({ id }) => ({ id, people: members.filter(({ departments }) => departments.includes(id)) }))
    .filter(({ people }) => people.length > 0 && people.every(({ inVisibleRange }) => inVisibleRange))
    .map(({ id }) => id)
  const isCovered = (member: Member) => member.departments.some(id => parties.includes(id))
  return { parties, users: members.filter(member => member.inVisibleRange && !isCovered(member)) }
}

/** The app itself, its people and departments [D90227, D90196, D90200, D95350]. */
export const organisationEndpoints: Endpoints = {
  'agent/get': get(({ world, query, origin }) => {
    const agentId = query('agentid')
    if (!agentId) refuse(41011)
    if (agentId !== String(world.corp.agentId)) refuse(301002)
    const { parties, users } = visibleRange(world)
    return {
      agentid: world.corp.agentId,
      name: '导购侧边栏',
      square_logo_url: '',
      description: '',
      allow_userinfos: { user: users.map(({ userId }) => ({ userid: userId })) },
      allow_partys: { partyid: parties },
      allow_tags: { tagid: [] },
      close: 0,
      redirect_domain: world.corp.trustedDomains[0] ?? '',
      report_location_flag: 0,
      isreportenter: 0,
      home_url: `${origin}/today`,
    }
  }),
  'user/get': get(({ world, query }) => toUser(visibleMember(world, query('userid')))),
  'user/simplelist': get(({ world, query }) => {
    const id = query('department_id')
    const department = visibleDepartments(world).find(candidate => String(candidate.id) === id)
    if (!department) refuse(60003, { userlist: [] })
    const people = visibleMembers(world).filter(({ departments }) => departments.includes(department.id))
    return {
      userlist: people.map(({ userId, name, departments }) => ({
        userid: userId,
        name,
        department: departments,
      })),
    }
  }),
  'department/simplelist': get(call => ({
    department_id: askedDepartments(call).map(({ id, parentId, order }) => ({
      id,
      parentid: parentId,
      order,
    })),
  })),
  'department/list': get(call => ({
    department: askedDepartments(call).map(department => toDepartment(call.world, department)),
  })),
  'department/get': get(({ world, query }) => {
    const department = visibleDepartments(world).find(({ id }) => String(id) === query('id'))
    return { department: toDepartment(world, department ?? refuse(60003)) }
  }),
}
