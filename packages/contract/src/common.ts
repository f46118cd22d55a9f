import { z } from 'zod'

/** Most characters of one text in a request; larger ones belong into a file. */
export const TEXT_LIMIT = 1_000_000

/** PostgreSQL cannot store NUL and JSON cannot carry lone surrogates faithfully: both are refused by name. */
const storable = (text: string): boolean => !text.includes('\0') && text.isWellFormed()

/** A text that can be stored as it is. `max` counts UTF-16 code units. */
export const text = (max: number, min = 0) =>
  z
    .string()
    .min(min)
    .max(max)
    .refine(storable, { error: 'must not contain the NUL character or unpaired surrogates' })

/** A short one-line text such as a name or a title. */
export const line = (max: number) =>
  text(max, 1)
    .trim()
    .refine((value) => value.length > 0, { error: 'must not be blank' })
    .refine((value) => !/[\n\r]/.test(value), { error: 'must be one line' })

/** A UUID in lower case; ids are UUIDv7 (RFC 9562). */
export const id = z.uuid().toLowerCase().meta({ id: 'Id', description: 'UUIDv7' })

/** A time that PostgreSQL and JavaScript understand alike: of our era, and no finer than nanoseconds. */
export const timestamp = z.iso
  .datetime()
  .max('2026-01-01T00:00:00.000000000Z'.length)
  .refine((text) => !text.startsWith('0000'), { error: 'must be in the year 1 or later' })
  .meta({ description: 'RFC 3339, UTC' })

/** Amounts of money: integer billionths of a US dollar, as a decimal string so that no client rounds it. */
export const nanoUsd = z
  .string()
  .regex(/^-?\d{1,19}$/)
  .meta({ description: 'integer nano-USD' })

export const cursor = text(512, 1)
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(30),
  cursor: cursor.optional(),
})
export const pageMeta = z.object({ nextCursor: z.string().nullable(), hasMore: z.boolean() })

/** A page of a list: `cursor` of the next call is `meta.nextCursor`. */
export const page = <T extends z.ZodType>(item: T) => z.object({ data: z.array(item), meta: pageMeta })

export const workspaceParams = z.object({ workspaceId: id })

/** The one shape of every error. */
export const errorBody = z
  .object({
    error: z.object({
      code: z.string().regex(/^[A-Z][A-Z0-9_]*$/),
      message: z.string(),
      details: z.unknown().optional(),
      timestamp,
      requestId: z.string(),
    }),
  })
  .meta({ id: 'Error' })
export type ErrorBody = z.infer<typeof errorBody>
