import { api } from '../../../shared/contract/api.ts'
import { mount, type Door } from '../../http/mount.ts'
import type { PurchaseImportsService } from './imports.service.ts'
import type { PurchasesService } from './purchases.service.ts'

export const purchasesRoutes = (
  door: Door,
  purchases: PurchasesService,
  imports: PurchaseImportsService,
): void => {
  mount(door, api.listPurchases, (actor, { params, query }) =>
    purchases.list(actor, params.externalUserId, query),
  )
  mount(door, api.addPurchase, (actor, { params, body, intent }) =>
    purchases.add(actor, params.externalUserId, body, intent),
  )
  mount(door, api.changePurchase, (actor, { params, body, version }) =>
    purchases.change(actor, params.externalUserId, params.purchaseId, body, version),
  )
  mount(door, api.removePurchase, (actor, { params }) =>
    purchases.remove(actor, params.externalUserId, params.purchaseId),
  )
  mount(door, api.restorePurchase, (actor, { params }) =>
    purchases.restore(actor, params.externalUserId, params.purchaseId),
  )
  mount(door, api.answerTrace, (actor, { params, body }) =>
    purchases.answerTrace(actor, params.externalUserId, params.purchaseId, body.isReplied),
  )
  mount(door, api.getTraceWindows, actor => purchases.getWindows(actor))
  mount(door, api.changeTraceWindows, (actor, { body }) => purchases.changeWindows(actor, body))
  mount(door, api.previewImport, (actor, { query, file }) => imports.preview(actor, file, query.columns))
  mount(door, api.importPurchases, (actor, { query, file, intent }) =>
    imports.take(actor, file, query, intent),
  )
  mount(door, api.listImports, actor => imports.list(actor))
  mount(door, api.undoImport, (actor, { params, intent }) => imports.undo(actor, params.importId, intent))
}
