import type { DisplayCurrency, PriceOverride, PriceSheet } from '@atrium/contract'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api/client.ts'
import { keys } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'
import { useSubmission } from '../../api/use-action.ts'
import { formatDay } from '../../format.ts'
import { Button, Dialog, Notice, Select, TextField } from '../../ui/index.ts'
import { PriceAmountFields } from './PriceAmountFields.tsx'
import {
  inCurrency,
  isPast,
  type PricedModel,
  type PriceFields,
  priceFieldsOf,
  sheetOf,
  startOf,
  whichOf,
} from './price-form.ts'
import { PriceWhen, PriceWhich } from './PriceRules.tsx'
import type { RerateSeed } from './RerateDialog.tsx'

interface PriceDialogProps {
  /** `'new'`, the price to change, or null when closed. */
  target: PriceOverride | 'new' | null
  name: string
  model: PricedModel
  /** What holds now, to begin a new price with. */
  current: PriceSheet | null
  display: DisplayCurrency | null
  onClose: () => void
  /** Leads to a re-rating; null for who may not ask for one. */
  onRerate: ((seed: RerateSeed) => void) | null
}

/** Sets or changes a price of the workspace's own. */
export function PriceDialog({ target, name, onClose, ...rest }: PriceDialogProps) {
  const [saved, setSaved] = useState<PriceOverride | null>(null)
  const close = () => {
    setSaved(null)
    onClose()
  }
  const finish = (override: PriceOverride) => {
    if (rest.onRerate && isPast(override.effectiveFrom, Date.now())) setSaved(override)
    else close()
  }
  const isNew = target === 'new'
  return (
    <Dialog
      open={target !== null}
      onClose={close}
      title={isNew ? `Set a price for ${name}` : `Change the price of ${name}`}
    >
      {saved ? (
        <Saved override={saved} onClose={close} onRerate={rest.onRerate} />
      ) : (
        target !== null && <PriceForm {...rest} override={isNew ? null : target} onSaved={finish} />
      )}
    </Dialog>
  )
}

const shownFields = ['modelPattern', 'effectiveFrom', 'note']

interface PriceFormProps extends Pick<PriceDialogProps, 'model' | 'current' | 'display'> {
  override: PriceOverride | null
  onSaved: (override: PriceOverride) => void
}

function PriceForm({ override, model, current, display, onSaved }: PriceFormProps) {
  const workspaceId = useSession().workspace.id
  const client = useQueryClient()
  const [fields, setFields] = useState<PriceFields>(() => priceFieldsOf(model, override, current))
  const change = (changes: Partial<PriceFields>) => setFields((now) => ({ ...now, ...changes }))
  const sheet = sheetOf(fields, display)
  const { formProps, problem, problemOf, busy } = useSubmission(shownFields, async (idempotencyKey) => {
    if (!sheet) return
    const saved = await save({ workspaceId, override, fields, sheet, model, idempotencyKey })
    await client.invalidateQueries({ queryKey: keys.models(workspaceId) })
    onSaved(saved)
  })
  const part = { fields, change, problemOf }
  return (
    <form {...formProps} className="flex flex-col gap-4">
      {problem && <Notice tone="danger">{problem}</Notice>}
      {display && display.currency !== 'USD' && (
        <Select
          label="Amounts in"
          hint={`Prices are kept in dollars. A dollar is ${Number(display.perUsd).toFixed(4)} ${display.currency}, by the rate of ${display.rateDate}.`}
          options={[
            { value: 'USD', label: 'US dollars' },
            { value: 'display', label: display.currency },
          ]}
          value={fields.currency}
          onValue={(currency) => setFields((now) => inCurrency(now, currency, display))}
        />
      )}
      <PriceAmountFields {...part} display={display} />
      <PriceWhich {...part} model={model} />
      <PriceWhen {...part} effectiveFrom={override?.effectiveFrom ?? null} />
      <TextField
        label="Note"
        maxLength={500}
        placeholder="such as the number of a contract"
        value={fields.note}
        error={problemOf('note')}
        onChange={(event) => change({ note: event.target.value })}
      />
      <div className="form-actions">
        <Button type="submit" variant="primary" busy={busy} disabled={!sheet}>
          {override ? 'Save' : 'Set price'}
        </Button>
      </div>
    </form>
  )
}

interface Save {
  workspaceId: string
  override: PriceOverride | null
  fields: PriceFields
  sheet: PriceSheet
  model: PricedModel
  idempotencyKey: string
}

function save({ workspaceId, override, fields, sheet, model, idempotencyKey }: Save): Promise<PriceOverride> {
  const effectiveFrom = startOf(fields)
  const body = {
    ...whichOf(fields, model),
    sheet,
    note: fields.note.trim(),
    ...(effectiveFrom !== undefined && { effectiveFrom }),
  }
  if (!override) {
    return call('createPriceOverride', { params: { workspaceId }, body }, { idempotencyKey })
  }
  const params = { workspaceId, overrideId: override.id }
  // Somebody else's change that this form has not seen is not overwritten.
  const headers = { 'If-Match': `"${override.version}"` }
  return call('updatePriceOverride', { params, body }, { idempotencyKey, headers })
}

interface SavedProps {
  override: PriceOverride
  onClose: () => void
  onRerate: PriceDialogProps['onRerate']
}

/** A price that began in the past concerns calls that have been recorded with another one. */
function Saved({ override, onClose, onRerate }: SavedProps) {
  const { effectiveFrom, modelPattern, connectionId } = override
  return (
    <div className="flex flex-col gap-4">
      <Notice tone="ok" title="The price is set">
        {`New calls cost it from now on. Calls since ${formatDay(effectiveFrom)} keep the cost they were recorded with, unless they are rated again.`}
      </Notice>
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={onClose} data-autofocus>
          Leave them as they are
        </Button>
        <Button
          variant="primary"
          onClick={() => {
            onClose()
            onRerate?.({ modelPattern, connectionId, from: effectiveFrom })
          }}
        >
          Rate them again
        </Button>
      </div>
    </div>
  )
}
