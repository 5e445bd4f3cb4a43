export const a: string = 'b'
