/** Check digits of cards, accounts and national numbers. All take digits without separators. */

const digitsOf = (digits: string): number[] => Array.from(digits, Number)

const weightedSum = (digits: string, weights: readonly number[]): number =>
  weights.reduce((sum, weight, index) => sum + weight * Number(digits.charAt(index)), 0)

/** ISO/IEC 7812-1, annex B: https://en.wikipedia.org/wiki/Luhn_algorithm */
export function isLuhn(digits: string): boolean {
  let sum = 0
  for (let index = digits.length - 1, double = false; index >= 0; index--, double = !double) {
    const digit = digits.charCodeAt(index) - 48
    sum += double ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit
  }
  return sum % 10 === 0
}

/** ISO 7064 mod 97-10 of an IBAN: https://www.swift.com/standards/data-standards/iban-international-bank-account-number */
export function isMod97(iban: string): boolean {
  let rest = 0
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(character, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest === 1
}

/** EAN-13: https://www.gs1.org/services/how-calculate-check-digit-manually */
export const isEan13 = (digits: string): boolean =>
  weightedSum(digits, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]) % 10 === 0

/** The 11-test of Dutch citizen service numbers: https://nl.wikipedia.org/wiki/Burgerservicenummer#11-proef */
export const isElevenTest = (digits: string): boolean =>
  Number(digits) > 0 && weightedSum(digits, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0

/**
 * German tax numbers: ISO 7064 mod 11,10, and among the first ten digits just one occurs twice or three times.
 * https://www.bzst.de/DE/Privatpersonen/SteuerlicheIdentifikationsnummer/steuerlicheidentifikationsnummer_node.html
 */
export function isGermanTaxId(digits: string): boolean {
  const first = digitsOf(digits.slice(0, 10))
  const counts = Map.groupBy(first, (digit) => digit)
  const repeated = [...counts.values()].map((same) => same.length).filter((count) => count > 1)
  if (first[0] === 0 || repeated.length !== 1 || (repeated[0] ?? 0) > 3) return false
  let product = 10
  for (const digit of first) {
    const sum = (digit + product) % 10 || 10
    product = (sum * 2) % 11
  }
  return (11 - product) % 10 === Number(digits.charAt(10))
}

/** Brazilian CPF, two digits mod 11: https://pt.wikipedia.org/wiki/Cadastro_de_Pessoas_F%C3%ADsicas */
export function isCpf(digits: string): boolean {
  if (new Set(digits).size === 1) return false
  const check = (weights: readonly number[]): number => ((weightedSum(digits, weights) * 10) % 11) % 10
  return (
    check([10, 9, 8, 7, 6, 5, 4, 3, 2]) === Number(digits.charAt(9)) &&
    check([11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) === Number(digits.charAt(10))
  )
}

/**
 * French NIR: 97 less the rest by 97; Corsica's 2A counts as 19 and 2B as 18.
 * https://fr.wikipedia.org/wiki/Num%C3%A9ro_de_s%C3%A9curit%C3%A9_sociale_en_France
 */
export function isNir(number: string): boolean {
  const digits = number.toUpperCase().replace('2A', '19').replace('2B', '18')
  const month = Number(digits.slice(3, 5))
  const plausible = month >= 1 && (month <= 12 || (month >= 20 && month <= 42) || month >= 50)
  return plausible && 97 - Number(BigInt(digits.slice(0, 13)) % 97n) === Number(digits.slice(13))
}

/** Rows of the dihedral group of order 10, and its permutation: https://en.wikipedia.org/wiki/Verhoeff_algorithm */
const verhoeffProduct = [
  '0123456789',
  '1234067895',
  '2340178956',
  '3401289567',
  '4012395678',
  '5987604321',
  '6598710432',
  '7659821043',
  '8765932104',
  '9876543210',
]
const verhoeffPermutation = [
  '0123456789',
  '1576283094',
  '5803796142',
  '8916043527',
  '9453126870',
  '4286573901',
  '2793806415',
  '7046913258',
]

/** Verhoeff's check digit, which Aadhaar uses: https://uidai.gov.in */
export function isVerhoeff(digits: string): boolean {
  let check = 0
  for (const [index, digit] of digitsOf(digits).toReversed().entries()) {
    const permuted = Number(verhoeffPermutation[index % 8]?.charAt(digit))
    check = Number(verhoeffProduct[check]?.charAt(permuted))
  }
  return check === 0
}

/** Values of the characters at odd places of an Italian codice fiscale: D.M. 23 December 1976, as on
 * https://it.wikipedia.org/wiki/Codice_fiscale#Generazione_del_codice_fiscale */
const oddValues = [
  1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
]

export function isCodiceFiscale(code: string): boolean {
  const sum = Array.from(code.slice(0, 15).toUpperCase(), (character, index) => {
    const value = /\d/.test(character) ? Number(character) : character.charCodeAt(0) - 65
    return index % 2 === 0 ? (oddValues[value] ?? 0) : value
  }).reduce((total, value) => total + value, 0)
  return String.fromCharCode(65 + (sum % 26)) === code.charAt(15).toUpperCase()
}

/** Spanish DNI and NIE: https://www.interior.gob.es/opencms/es/servicios-al-ciudadano/tramites-y-gestiones/dni/calculo-del-digito-de-control-del-nif-nie/ */
export function isDni(number: string): boolean {
  const upper = number.toUpperCase()
  const digits = upper.slice(0, -1).replace(/^[XYZ]/, (first) => String('XYZ'.indexOf(first)))
  return 'TRWAGMYFPDXBNJZSQVHLCKE'.charAt(Number(digits) % 23) === upper.at(-1)
}
