/** E.164 (ITU-T): 7 to 15 digits, the first not 0, with or without a leading +. */
const E164 = /^\+?([1-9][0-9]{6,14})$/

/** The digits of a phone number, or undefined when it is none. Only the shape is checked. */
export const phoneDigits = (text: string): string | undefined => E164.exec(text)?.[1]

/** As `phoneDigits`, and lets pass the spaces, dots, dashes and brackets that people write. */
export const writtenPhoneDigits = (text: string): string | undefined =>
  phoneDigits(text.replace(/[ .()-]/g, ''))

/** For logs: everything but the last two digits is hidden. */
export const maskPhone = (digits: string): string => digits.slice(-2).padStart(digits.length, '*')
