import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { ExternalUserId, UserId } from './ids.ts'
import { PageQuery, page } from './page.ts'
import { Role } from './session.ts'
import { Instant } from './time.ts'

/** WeCom's number of a department. */
export const DepartmentId = z.coerce.number().int().min(1).max(2_147_483_647)

export const StaffStatus = z.enum(['active', 'disabled', 'left'])
export type StaffStatus = z.infer<typeof StaffStatus>

export const StoreRef = z.object({ departmentId: z.number().int(), name: z.string() })
export type StoreRef = z.infer<typeof StoreRef>

/** A member as a manager sees her: counts only of her stores' customers. */
export const StaffMember = z
  .object({
    userId: UserId,
    name: z.string(),
    role: Role,
    status: StaffStatus,
    store: StoreRef.nullable(),
    manages: z.array(StoreRef).meta({ description: '管理哪些门店' }),
    customers: z.number().int().meta({ description: '现在有多少位客户' }),
    leftAt: Instant.nullable(),
  })
  .meta({ id: 'StaffMember' })
export type StaffMember = z.infer<typeof StaffMember>

export const StoreChoice = z
  .enum(['auto', 'store', 'none'])
  .meta({ description: '这个部门算不算门店：按名字判断、算、不算' })
export type StoreChoice = z.infer<typeof StoreChoice>

/** A department and, where it is one, the store it stands for. */
export const StoreRow = z
  .object({
    departmentId: z.number().int(),
    departmentName: z.string(),
    /** names of the departments above, the highest first, without the corp itself */
    path: z.array(z.string()),
    choice: StoreChoice,
    isStore: z.boolean(),
    name: z.string().meta({ description: '门店名；没有另起就是部门名' }),
    ownName: z.string().nullable(),
    address: z.string().nullable(),
    hours: z.string().nullable().meta({ description: '营业时间，如「每天 10:00–22:00」' }),
    phone: z.string().nullable(),
    managers: z.array(z.object({ userId: UserId, name: z.string(), source: z.enum(['wecom', 'manual']) })),
    staffCount: z.number().int(),
  })
  .meta({ id: 'StoreRow' })
export type StoreRow = z.infer<typeof StoreRow>
export const StoreList = z.object({ stores: z.array(StoreRow) })
export type StoreList = z.infer<typeof StoreList>

/** Somebody who has left and still has customers: 待接替. */
export const Leaver = z
  .object({
    userId: UserId,
    name: z.string(),
    store: StoreRef.nullable(),
    leftAt: Instant.nullable(),
    waiting: z.number().int().meta({ description: '还没有人接替的客户' }),
    inTransfer: z.number().int().meta({ description: '已分配、等客户确认的' }),
  })
  .meta({ id: 'Leaver' })
export type Leaver = z.infer<typeof Leaver>

export const TransferState = z.enum(['waiting', 'started', 'done', 'refused', 'failed', 'cancelled'])
export type TransferState = z.infer<typeof TransferState>

export const TransferView = z.object({
  toName: z.string(),
  state: TransferState,
  reason: z.string().nullable(),
  createdAt: Instant,
})
export type TransferView = z.infer<typeof TransferView>

export const WaitingCustomer = z
  .object({
    externalUserId: ExternalUserId,
    address: z.string(),
    name: z.string(),
    avatarUrl: z.string().nullable(),
    tier: z.string().nullable(),
    addedAt: Instant.nullable(),
    /** the latest one, if she was ever handed over */
    transfer: TransferView.nullable(),
  })
  .meta({ id: 'WaitingCustomer' })
export type WaitingCustomer = z.infer<typeof WaitingCustomer>

export const TransferDraft = z.strictObject({
  fromUserId: UserId,
  toUserId: UserId,
  externalUserIds: z.array(ExternalUserId).min(1).max(100),
})
export type TransferDraft = z.infer<typeof TransferDraft>

const staffParams = z.object({ userId: UserId })
const storeParams = z.object({ departmentId: DepartmentId })
const managerParams = z.object({ departmentId: DepartmentId, userId: UserId })

export const listStaff = endpoint({
  id: 'listStaff',
  method: 'get',
  path: '/staff',
  summary: '成员：店长看自己门店的，管理员看全部',
  query: PageQuery.extend({ store: DepartmentId.optional() }),
  answer: page(StaffMember),
  status: 200,
  problems: ['forbidden', 'cursor_invalid'],
})

export const listStores = endpoint({
  id: 'listStores',
  method: 'get',
  path: '/stores',
  summary: '门店：店长看自己的，管理员看全部部门与对应关系',
  answer: StoreList,
  status: 200,
  problems: ['forbidden'],
})

export const changeStore = endpoint({
  id: 'changeStore',
  method: 'patch',
  path: '/stores/{departmentId}',
  summary: '改部门与门店的对应、店名、地址、营业时间、电话（管理员）',
  params: storeParams,
  body: z
    .strictObject({
      choice: StoreChoice,
      ownName: z.string().trim().max(30).nullable(),
      address: z.string().trim().max(80).nullable(),
      hours: z.string().trim().max(60).nullable(),
      phone: z.string().trim().max(30).nullable(),
    })
    .partial(),
  answer: StoreRow,
  status: 200,
  problems: ['forbidden'],
})

export const addManager = endpoint({
  id: 'addManager',
  method: 'put',
  path: '/stores/{departmentId}/managers/{userId}',
  summary: '指定店长（管理员）',
  params: managerParams,
  answer: StoreRow,
  status: 200,
  problems: ['forbidden'],
})

export const removeManager = endpoint({
  id: 'removeManager',
  method: 'delete',
  path: '/stores/{departmentId}/managers/{userId}',
  summary: '取消指定的店长（管理员）；企业微信里的部门负责人不受影响',
  params: managerParams,
  answer: StoreRow,
  status: 200,
  problems: ['forbidden'],
})

export const listLeavers = endpoint({
  id: 'listLeavers',
  method: 'get',
  path: '/leavers',
  summary: '离职成员与待接替的客户数',
  answer: z.object({ leavers: z.array(Leaver) }),
  status: 200,
  problems: ['forbidden'],
})

export const listWaiting = endpoint({
  id: 'listWaiting',
  method: 'get',
  path: '/leavers/{userId}/customers',
  summary: '一位离职成员待接替的客户',
  params: staffParams,
  query: PageQuery,
  answer: page(WaitingCustomer),
  status: 200,
  problems: ['forbidden', 'cursor_invalid'],
})

/** Written here at once, carried to WeCom after; the customer is asked there and has 24 hours to refuse. */
export const transferCustomers = endpoint({
  id: 'transferCustomers',
  method: 'post',
  path: '/transfers',
  summary: '把客户分配给另一位成员接替',
  body: TransferDraft,
  answer: z.object({ accepted: z.number().int() }),
  status: 202,
  idempotency: 'required',
  problems: ['forbidden', 'state_conflict'],
})
