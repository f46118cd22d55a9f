import type { Model } from '@atrium/contract'
import { formatTokens, formatUsd } from '../../format.ts'
import { paths } from '../../paths.ts'
import { Badge, type Column, Switch } from '../../ui/index.ts'
import { TextLink } from '../identity/TextLink.tsx'

interface CatalogueOptions {
  manages: boolean
  /** The change under way, drawn as if it had been made. */
  pending: { id: string; enabled: boolean } | undefined
  setEnabled: (id: string, enabled: boolean) => void
}

export function catalogueColumns({ manages, pending, setEnabled }: CatalogueOptions): Column<Model>[] {
  const columns: Column<Model>[] = [
    {
      id: 'name',
      header: 'Model',
      isTitle: true,
      className: '@xl:w-full',
      cell: (model) => <ModelName model={model} />,
    },
    {
      id: 'context',
      header: 'Context',
      align: 'end',
      cell: ({ contextTokens }) => (contextTokens === null ? '–' : formatTokens(contextTokens)),
    },
    {
      id: 'price',
      header: 'Per M tokens, in / out',
      align: 'end',
      cell: (model) => <Price model={model} mayBeSet={manages && !model.alias} />,
    },
  ]
  if (!manages) return columns
  const offered: Column<Model> = {
    id: 'enabled',
    header: 'Offered',
    hideHeader: true,
    align: 'end',
    cell: ({ id, name, enabled }) => (
      <Switch
        hideLabel
        label={`Offer ${name}`}
        checked={pending?.id === id ? pending.enabled : enabled}
        onChange={(next) => setEnabled(id, next)}
      />
    ),
  }
  return [...columns, offered]
}

function ModelName({ model }: { model: Model }) {
  const { name, id, capabilities, label } = model
  const abilities = [
    capabilities.chat ? null : 'not for chat',
    capabilities.thinking ? 'thinking' : null,
    capabilities.tools ? 'tools' : null,
    capabilities.images ? 'images' : null,
  ].filter((ability) => ability !== null)
  return (
    <div className="min-w-0 font-normal">
      <p className="flex flex-wrap items-center gap-1.5">
        <span className="min-w-0 font-medium wrap-anywhere">{name}</span>
        {label && <Badge tone="accent">{label}</Badge>}
      </p>
      <p className="font-mono text-12 break-all text-muted">{id}</p>
      {abilities.length > 0 && <p className="text-12 text-muted">{abilities.join(' · ')}</p>}
    </div>
  )
}

function Price({ model: { id, price, label }, mayBeSet }: { model: Model; mayBeSet: boolean }) {
  if (!price && label === null && mayBeSet)
    return <TextLink to={paths.models({ model: id })}>price unknown</TextLink>
  if (!price)
    return (
      <span className="whitespace-nowrap text-muted">{label === null ? 'price unknown' : 'no cost'}</span>
    )
  const { inputNanoUsd, outputNanoUsd } = price
  if (inputNanoUsd === '0' && outputNanoUsd === '0') return <span className="text-muted">no cost</span>
  return (
    <span className="whitespace-nowrap">
      {formatUsd(inputNanoUsd)} / {formatUsd(outputNanoUsd)}
    </span>
  )
}
