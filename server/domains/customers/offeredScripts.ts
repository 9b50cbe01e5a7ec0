import type { Card } from '../../../shared/contract/customers.ts'
import type { OfferedScript, Reminder } from '../../../shared/contract/reminders.ts'
import type { CivilDay } from '../../../shared/rules/civilDay.ts'
import { reminderFacts, type Addressee, type Writer } from '../../../shared/rules/scriptFacts.ts'
import { metBy, needsOf } from '../../../shared/rules/scriptNeeds.ts'
import { suggestScripts, whyText, type Worked } from '../../../shared/rules/suggestScript.ts'

/** So many go to the page; what stands behind them is in 话术. */
const MAX_OFFERED = 3

/** A script that suits a reminder, in the order of the library. */
export interface OfferedRow extends Omit<OfferedScript, 'why'> {
  worked: Worked | null
  isFavourite: boolean
  effectiveUntil: CivilDay | null
}

/** What decides which words come first. */
export interface OfferFacts extends Writer, Addressee {
  tags: Card['tags']
  recentScripts: Card['recentScripts']
  unfinishedSend: Card['unfinishedSend']
}

/**
 * The best first, by the rule that also orders 话术; the day needs no points, all of them speak of it. What was begun for this
 * reminder is what it goes on with.
 */
export function offeredScripts(
  reminder: Omit<Reminder, 'scripts'>,
  scripts: readonly OfferedRow[],
  known: OfferFacts,
): OfferedScript[] {
  const begun =
    known.unfinishedSend?.reminderId === reminder.reminderId ? known.unfinishedSend.scriptId : null
  const facts = reminderFacts(known, known, reminder)
  const found = suggestScripts(
    scripts.map(script => ({
      ...script,
      ...metBy(needsOf(script.parts), facts),
      occasion: 'daily' as const,
      saidAt: null,
    })),
    {
      today: known.today,
      moments: [],
      addedOn: null,
      lastPurchaseOn: null,
      tags: known.tags.tags.map(({ name }) => name),
      sent: begun === null ? known.recentScripts : [],
    },
  )
  return found
    .sort((a, b) => Number(b.candidate.scriptId === begun) - Number(a.candidate.scriptId === begun))
    .slice(0, MAX_OFFERED)
    .map(({ candidate: { scriptId, version, title, parts }, reasons }) => ({
      scriptId,
      version,
      title,
      parts,
      // What is missing stands below the words, and what is known stands in them.
      why: whyText(reasons, ['holes', 'own']),
    }))
}
