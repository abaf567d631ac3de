/**
 * The currencies in use and how many decimal digits their minor unit has.
 * Source: ISO 4217 list one (amendment 180), without codes that have no minor unit (precious metals, XDR, XTS, XXX).
 */
const codesByExponent: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  2: `AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY
    COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS
    INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR
    MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP
    STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG`,
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};

const exponents: ReadonlyMap<string, number> = new Map(
  Object.entries(codesByExponent).flatMap(([exponent, codes]) =>
    codes.split(/\s+/).map((code): [string, number] => [code, Number(exponent)]),
  ),
);

/** Whether ISO 4217 lists the code as a currency in use. */
export function isKnownCurrency(code: string): boolean {
  return exponents.has(code);
}

/** Decimal digits of the currency's minor unit: 2 for EUR, 0 for JPY, 3 for KWD. Throws a RangeError for an unknown code. */
export function minorUnitDigits(currency: string): number {
  const digits = exponents.get(currency);
  if (digits === undefined) {
    throw new RangeError(`unknown currency ${currency}: use an ISO 4217 code in capital letters, for example EUR`);
  }
  return digits;
}
