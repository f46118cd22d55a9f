import { Button, Dialog } from '../../ui/index.ts'
import { Facets } from './Facets.tsx'
import { PaceSelect } from './PaceSelect.tsx'
import type { TracesView } from './use-traces.ts'

interface FacetDialogProps {
  open: boolean
  onClose: () => void
  view: TracesView
}

/** The filters where there is no room for them beside the list. */
export function FacetDialog({ open, onClose, view }: FacetDialogProps) {
  const footer = (
    <Button variant="primary" onClick={onClose}>
      Show the traces
    </Button>
  )
  return (
    <Dialog open={open} onClose={onClose} title="Filters" footer={footer}>
      <div className="flex flex-col gap-4">
        <PaceSelect view={view} />
        <Facets view={view} />
      </div>
    </Dialog>
  )
}
