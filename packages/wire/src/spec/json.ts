/** Any value that JSON can spell. */
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject

/**
 * A JSON object. `undefined` is allowed because `JSON.stringify` leaves such members out, so encoders may
 * write optional members without a condition. Never index one with an untrusted key; copy it with spread,
 * which treats `__proto__` as an ordinary member.
 */
export interface JsonObject {
  [key: string]: JsonValue | undefined
}
