import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser';

/** An element as an object: attributes begin with `@`, the text beside them is `#text`, repeated elements are a list. */
export type XmlElement = { readonly [name: string]: XmlValue };
type XmlValue = string | number | boolean | undefined | XmlElement | readonly XmlValue[];

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  ignoreDeclaration: true,
});

const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: '@', suppressEmptyNode: true });

/** The text is no XML. */
export class XmlError extends Error {
  override readonly name = 'XmlError';
}

/** Reads a document; prefixes of names are left out. @throws XmlError */
export function parseXml(text: string): XmlElement {
  const valid = XMLValidator.validate(text);
  if (valid !== true) throw new XmlError(`The body is no XML: line ${valid.err.line}: ${valid.err.msg}`);
  return parser.parse(text) as XmlElement;
}

/** Writes a document; what is undefined is left out. */
export function formatXml(document: XmlElement): string {
  return `<?xml version="1.0" encoding="utf-8"?>${builder.build(document)}`;
}

/** The element of that name; undefined when it is absent or only text. */
export function child(element: XmlElement | undefined, name: string): XmlElement | undefined {
  const value = element?.[name];
  return typeof value === 'object' && !Array.isArray(value) ? (value as XmlElement) : undefined;
}

/** Elements of one name, however many. */
export function children(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  const value = element?.[name];
  const list = Array.isArray(value) ? (value as readonly XmlValue[]) : [value];
  return list.filter((one): one is XmlElement => typeof one === 'object');
}

/** The text of the element of that name; undefined when it is absent. White space belongs to it. */
export function textOf(element: XmlElement | undefined, name: string): string | undefined {
  const value = element?.[name];
  if (typeof value === 'string') return value;
  if (value === undefined) return undefined;
  const text = (value as XmlElement)['#text'];
  return typeof text === 'string' ? text : '';
}
