/** What went wrong, for a person: a headline, what it means, and what helps. */

import { ParqletError, messageOf } from '../error.js';

/** An error explained. */
export interface Advice {
  title: string;
  text: string;
  /** What the server should send, one header a line. */
  headers?: string;
  /** Why the file can't be read through a service either, where one was asked. */
  other?: string;
  /** Whether another try may do. */
  retry: boolean;
  /** What the reader said, for whoever looks closer. */
  detail: string;
}

/** What is known around it. */
export interface Scene {
  /** The page's origin. */
  origin: string;
  /** Names of the request headers that were set. */
  ownHeaders: readonly string[];
}

/** Explains an error that opening or reading ended with. */
export function advice(error: unknown, scene: Scene): Advice {
  // What the direct way ended with names what the other one did as its cause.
  const second = error instanceof ParqletError && error.cause instanceof ParqletError ? error.cause : undefined;
  const explained = explain(error, scene);
  return second === undefined ? explained : { ...explained, other: otherWay(second) };
}

/** The file is named above already. */
function otherWay({ message, object }: ParqletError): string {
  const known = `${object ?? ''}, through`;
  if (message.startsWith(known)) return `Nor can it be read through${message.slice(known.length)}.`;
  return `The other way failed, too: ${message}.`;
}

function explain(error: unknown, scene: Scene): Advice {
  const detail = messageOf(error);
  const code = error instanceof ParqletError ? error.code : undefined;
  const retry = error instanceof ParqletError && error.retryable;
  switch (code) {
    case 'cors':
      return {
        title: 'The server doesn’t let this page read the file',
        text:
          'Browsers show a file from another site only where its server allows it (CORS), or the server can’t be ' +
          'reached at all. Whoever runs the server can allow it with these headers; for most, the first is enough:',
        headers: corsHeaders(scene),
        retry: true,
        detail,
      };
    case 'no_ranges':
      return {
        title: 'The server sends only the whole file',
        text:
          'A preview asks for parts of a file (HTTP range requests), and this server answers with all of it. Object ' +
          'stores, nginx, Apache and Caddy serve ranges as they are. Asked for “Range: bytes=0-999”, it should answer:',
        headers: 'HTTP/1.1 206 Partial Content\nAccept-Ranges: bytes\nContent-Range: bytes 0-999/123456789',
        retry: true,
        detail,
      };
    case 'not_found':
      return { title: 'There is no such file', text: 'The server knows no file at this address.', retry: true, detail };
    case 'forbidden':
      return {
        title: 'The server refuses access',
        text: 'It wants credentials, or those that came with the address have expired.',
        retry: true,
        detail,
      };
    case 'not_parquet':
      return {
        title: 'This is not a Parquet file',
        text: 'What came from this address has no Parquet footer. It may be another format, or a web page.',
        retry: false,
        detail,
      };
    case 'corrupt':
      return { title: 'The file is damaged', text: 'Part of it can’t be decoded.', retry: false, detail };
    case 'changed':
      return {
        title: 'The file has changed',
        text: 'It was replaced while it was shown. Load it again to see what it is now.',
        retry: true,
        detail,
      };
    case 'network':
      return {
        title: 'The connection failed',
        text: 'The file can’t be reached, or the connection broke. Check the network, then try again.',
        retry: true,
        detail,
      };
    case 'throttled':
      return {
        title: 'The server is busy',
        text: 'It asks for fewer requests. Try again in a while.',
        retry: true,
        detail,
      };
    case 'server':
    case 'bad_answer':
      return { title: 'The server failed', text: 'It gave no answer that can be used.', retry: true, detail };
    case 'memory':
      return { title: 'This part of the file is too large', text: 'It can’t be held in memory.', retry: false, detail };
    case 'usage':
      return { title: 'This can’t be shown', text: sentence(detail), retry: false, detail };
    case 'unsupported':
      return { title: 'This file can’t be read here', text: sentence(detail), retry, detail };
    default:
      return { title: 'The file can’t be shown', text: sentence(detail), retry: true, detail };
  }
}

function corsHeaders({ origin, ownHeaders }: Scene): string {
  return [
    `Access-Control-Allow-Origin: ${origin === 'null' || origin === '' ? '*' : origin}`,
    `Access-Control-Allow-Headers: ${['Range', ...ownHeaders].join(', ')}`,
    'Access-Control-Allow-Methods: GET, HEAD',
    'Access-Control-Expose-Headers: Content-Range, ETag',
  ].join('\n');
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
